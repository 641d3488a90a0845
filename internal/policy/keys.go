package policy

// LogKey is the policy of a key under which one log group is encrypted. It leaves access to the account's IAM policies,
// without which nobody could manage the key, and lets CloudWatch Logs use it for that group alone ("Encrypt log data in
// CloudWatch Logs using AWS KMS", CloudWatch Logs User Guide). Group is the group's name.
func LogKey(partition, region, account, group string) Document {
	itself := AnyResource("in a key's policy, * is the key itself")
	root := ARN{Partition: partition, Service: "iam", Account: account, Resource: "root"}
	logs := ARN{Partition: partition, Service: "logs", Region: region, Account: account, Resource: "log-group:" + group}
	return Document{Kind: Resource, Statements: []Statement{
		{Sid: "Account", Principals: []Principal{AWS(root.String())}, Actions: []string{"kms:*"}, Resources: itself},
		{
			Sid:        "Logs",
			Principals: []Principal{Service("logs." + region + ".amazonaws.com")},
			Actions:    []string{"kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"},
			Resources:  itself,
			Conditions: []Condition{{Operator: "ArnEquals", Key: "kms:EncryptionContext:aws:logs:arn", Values: []string{logs.String()}}},
		},
	}}
}
