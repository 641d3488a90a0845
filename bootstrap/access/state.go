package access

import "github.com/deepstreamhub/platform/internal/policy"

// readState is what every run needs of the state: the checkpoints, and the keys under which they and the secrets in them
// are encrypted. The state is everybody's: who previews one stack can read them all.
func (a Account) readState() []policy.Statement {
	return []policy.Statement{
		{
			Sid:       "StateList",
			Actions:   []string{"s3:ListBucket"},
			Resources: policy.On("arn:aws:s3:::" + a.Bucket),
		},
		{
			Sid:       "StateRead",
			Actions:   []string{"s3:GetObject", "s3:GetObjectVersion"},
			Resources: policy.On("arn:aws:s3:::" + a.Bucket + "/*"),
		},
		{
			Sid:       "StateKeys",
			Actions:   []string{"kms:Decrypt"},
			Resources: policy.On(a.StateKey, a.Secrets),
		},
	}
}

// writeState is what changing a stack needs beyond reading: new checkpoints, locks, and new secrets in them.
func (a Account) writeState() []policy.Statement {
	return []policy.Statement{
		{
			Sid:       "StateWrite",
			Actions:   []string{"s3:DeleteObject", "s3:PutObject"},
			Resources: policy.On("arn:aws:s3:::"+a.Bucket+"/.pulumi/*", "arn:aws:s3:::"+a.Bucket+"/.deepstreamhub/*"),
		},
		{
			Sid:       "StateEncrypt",
			Actions:   []string{"kms:Encrypt", "kms:GenerateDataKey"},
			Resources: policy.On(a.StateKey, a.Secrets),
		},
	}
}
