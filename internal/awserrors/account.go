package awserrors

// account are the errors about who calls, from where and how often, and of IAM and KMS.
var account = []Entry{
	{Code: "ExpiredToken", Cause: expired, Fix: login, Source: "EC2 API Reference, Error codes"},
	{Code: "ExpiredTokenException", Cause: expired, Fix: login, Source: "IAM User Guide, Troubleshoot access denied"},
	{Code: "RequestExpired", Cause: "The request was signed too long ago: the session ended or this machine's clock is wrong.",
		Fix: "Check the clock (date -u), log in again, then run: hub up {stack}", Source: "EC2 API Reference, Error codes"},
	{Code: "SignatureDoesNotMatch", Cause: "The secret key does not belong to the access key, or this machine's clock is more than five minutes off.",
		Fix: "Check the clock (date -u) and the credentials (aws sts get-caller-identity), then run the command again.", Source: "AWS General Reference, Signature errors"},
	{Code: "InvalidClientTokenId", Cause: unknownKey, Fix: whoAmI, Source: "AWS STS API Reference, Common errors; IAM User Guide, Manage AWS STS in an AWS Region"},
	{Code: "UnrecognizedClientException", Cause: unknownKey, Fix: whoAmI, Source: "AWS API References, Common errors"},
	{Code: "OptInRequired", Cause: "The account has not enabled this region or is not yet signed up for the service.",
		Fix: "Enable the region (aws account enable-region) or finish the account's sign-up, then run: hub doctor {stack}", Source: "EC2 API Reference, Error codes"},
	{Code: "UnauthorizedOperation", Cause: denied, Fix: deniedFix, Source: "EC2 API Reference, Error codes"},
	{Code: "AccessDenied", Cause: denied, Fix: deniedFix, Source: "IAM User Guide, Troubleshoot access denied"},
	{Code: "AccessDeniedException", Cause: denied, Fix: deniedFix, Source: "AWS API References, Common errors"},
	{Code: "Throttling", Cause: throttled, Fix: throttledFix, Source: "AWS API References, Common errors"},
	{Code: "ThrottlingException", Cause: throttled, Fix: throttledFix, Source: "AWS API References, Common errors"},
	{Code: "RequestLimitExceeded", Cause: throttled, Fix: throttledFix, Source: "EC2 API Reference, Error codes"},
	{Code: "InternalFailure", Cause: awsFault, Fix: again, Source: "AWS API References, Common errors"},
	{Code: "ServiceUnavailable", Cause: awsFault, Fix: again, Source: "AWS API References, Common errors"},

	{Code: "EntityAlreadyExists", Service: "IAM", Cause: "IAM has a role, policy or profile of this name already; names are unique in the account, over all regions.",
		Fix: taken, Source: "IAM API Reference, CreateRole"},
	{Code: "DeleteConflict", Service: "IAM", Cause: "Something is still attached to the role or policy: a policy, an instance profile, or a boundary use that this stack did not make.",
		Fix: "Detach what was attached by hand (hub drift {stack} names it), then run the command again.", Source: "IAM API Reference, DeleteRole"},
	{Code: "MalformedPolicyDocument", Cause: "A policy names a principal that does not exist, or its text is not a policy. A role that was made seconds ago may not be visible yet.",
		Fix: "Correct the ARN that the message names; for a role made in this run, run the command again.", Source: "IAM API Reference, CreateRole"},
	{Code: "NoSuchEntity", Service: "IAM", Cause: "IAM does not know the role, policy or profile: it was deleted by hand, or hub bootstrap has not made it.",
		Fix: "Run hub bootstrap for the account's own roles, or hub refresh {stack} for the stack's, then run the command again.", Source: "IAM API Reference, Common errors"},
	{Code: "LimitExceeded", Service: "IAM", Cause: "The account has as many roles, policies or versions of a policy as IAM allows.",
		Fix: "Delete what nobody uses or raise the quota (Service Quotas, IAM), then run: hub up {stack}", Source: "IAM User Guide, IAM and STS quotas"},

	{Code: "KMSInvalidStateException", Cause: "The key is disabled or waits for its deletion, so nothing can be encrypted or read under it.",
		Fix: "Cancel the deletion and enable the key (aws kms cancel-key-deletion, aws kms enable-key), then run: hub up {stack}", Source: "KMS Developer Guide, Key states"},
	{Code: "AlreadyExistsException", Service: "KMS", Cause: "An alias of this name leads to another key, which another stack or an earlier one left.",
		Fix: taken, Source: "KMS API Reference, CreateAlias"},
	{Code: "NotFoundException", Service: "KMS", Cause: "The key or alias does not exist in this region.",
		Fix: "Check the key's ARN and region; hub refresh {stack} finds out whether it was deleted by hand.", Source: "KMS API Reference, DescribeKey"},
	{Code: "MalformedPolicyDocumentException", Service: "KMS", Cause: "The key's policy names a principal that does not exist, or would lock the caller out.",
		Fix: "Check the roles that the policy names: all must exist in this account. For a role made in this run, run the command again.", Source: "KMS API Reference, CreateKey"},
}

// Words that several services' errors share.
const (
	expired      = "The session that this command runs under has ended."
	login        = "Log in again (aws sso login, or a new workflow run), then run the command again: what was done is in the state."
	unknownKey   = "AWS does not know the access key in this region: it was deleted, belongs to another partition, or the account has not enabled the region."
	whoAmI       = "See who the environment says you are (aws sts get-caller-identity) and whether the account has the region (aws account get-region-opt-status --region-name REGION), log in, then run the command again."
	denied       = "The role that made the call may not do this, or its permissions boundary or an organisation's policy forbids it."
	deniedFix    = "The message names role and action. If the role is one of hub bootstrap's, run hub bootstrap so that it has today's rights; else use the stack's deploy role."
	throttled    = "AWS refused the calls because there were too many at once, and went on refusing for as long as the provider repeats them."
	throttledFix = "Run it again with fewer operations at once: hub up {stack} --parallel 20"
	awsFault     = "AWS failed by itself and went on failing for as long as the provider repeats the call."
	again        = "Look at the region's state in the AWS Health Dashboard, then run the command again: it goes on from where it stopped."
	taken        = "If nobody uses it, delete it and run hub up {stack} again; else take it over with pulumi import '{type}' {name} ID."
)
