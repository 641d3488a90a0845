package awserrors

// storage are the errors of secrets, buckets, logs and messages.
var storage = []Entry{
	{Code: "ResourceExistsException", Service: "Secrets Manager", Cause: "A secret of this name exists, or was deleted and keeps its name until its recovery window ends.",
		Fix: "Restore it (aws secretsmanager restore-secret) and take it over, or wait until the window is over, then run: hub up {stack}", Source: "Secrets Manager API Reference, CreateSecret"},
	{Code: "InvalidRequestException", Service: "Secrets Manager", Cause: "The secret waits for its deletion.",
		Fix: "Restore it (aws secretsmanager restore-secret), then run: hub up {stack}", Source: "Secrets Manager API Reference, CreateSecret"},
	{Code: "ResourceNotFoundException", Service: "Secrets Manager", Cause: "The secret, or the version of it, does not exist.", Fix: vanished, Source: "Secrets Manager API Reference, GetSecretValue"},
	{Code: "BucketAlreadyExists", Cause: "Somebody else owns a bucket of this name: names are unique over all accounts.",
		Fix: "Choose another name (the stack's or the organisation's name is part of it), then run: hub up {stack}", Source: "S3 API Reference, Error responses"},
	{Code: "BucketAlreadyOwnedByYou", Cause: "This account has a bucket of this name already.", Fix: taken, Source: "S3 API Reference, Error responses"},
	{Code: "BucketNotEmpty", Cause: "The bucket still holds objects or versions of objects.",
		Fix: "Keep it; or empty it in the S3 console, if nobody needs what it holds, and run the command again.", Source: "S3 API Reference, Error responses"},
	{Code: "OperationAborted", Service: "S3", Cause: "Another change of the same bucket is under way; a deleted bucket's name is free some time later only.",
		Fix: "Wait some minutes and run it again.", Source: "S3 API Reference, Error responses"},
	{Code: "MalformedPolicy", Service: "S3", Cause: "The bucket's policy names a principal that does not exist.",
		Fix: "hub drift {stack} shows a role deleted by hand; hub refresh {stack} and hub up {stack} make it again.", Source: "S3 API Reference, Error responses"},
	{Code: "NoSuchBucket", Cause: "The bucket does not exist: it was deleted by hand, or hub bootstrap has not made it.",
		Fix: "Run hub bootstrap for the account's own buckets, or hub refresh {stack} for the stack's, then run the command again.", Source: "S3 API Reference, Error responses"},
	{Code: "ResourceAlreadyExistsException", Service: "CloudWatch Logs", Cause: "The region has a log group of this name: the service that writes into it made it by itself before.",
		Fix: "Delete it if nobody needs its lines (aws logs delete-log-group) and run hub up {stack}; else take it over with pulumi import '{type}' {name} NAME.", Source: "CloudWatch Logs API Reference, CreateLogGroup"},
	{Code: "LimitExceededException", Service: "CloudWatch Logs", Cause: "The region holds as many resource policies as CloudWatch Logs allows (10).",
		Fix: "aws logs describe-resource-policies shows them; delete what nobody needs, then run: hub up {stack}", Source: "CloudWatch Logs User Guide, Quotas"},
	{Code: "InvalidParameter", Service: "SNS", Says: "Endpoint", Cause: "A receiver of alarms cannot be told: its address is not one that SNS takes.",
		Fix: "Correct observability.notify, then run: hub up {stack}", Source: "SNS API Reference, Subscribe"},
	{Code: "ParameterAlreadyExists", Cause: "The region has a parameter of this name already.", Fix: taken, Source: "Systems Manager API Reference, PutParameter"},
}
