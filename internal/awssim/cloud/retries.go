package cloud

import "time"

// repeated is a refusal that the provider answers by repeating the call: the source of the rule and AWS's code.
type repeated struct{ Rule, Code string }

// iamPropagation is for how long the provider puts up with what a new identity causes, whatever the service (facts,
// section 4: the constants propagationTimeout and iamPropagationTimeout).
const iamPropagation = 2 * time.Minute

// retries says for how long it does. What does not stand here fails at once. The lengths are the provider's own
// constants; the source of each is that of its rule.
var retries = map[repeated]time.Duration{
	// Network
	{"facts 1", inUseByOthers}:                       5 * time.Minute,
	{"facts 2", inUseByOthers}:                       20 * time.Minute,
	{"facts 3", inUseByOthers}:                       15 * time.Minute,
	{"facts 4", inUseByOthers}:                       20 * time.Minute,
	{"facts 10", "InvalidTransitGatewayID.NotFound"}: 5 * time.Minute,
	{"facts 18", "InvalidParameter"}:                 iamPropagation,

	// Identities and keys
	{"facts 24", "DeleteConflict"}:                          iamPropagation,
	{"facts 25", "DeleteConflict"}:                          iamPropagation,
	{"facts 28", "MalformedPolicyDocument"}:                 iamPropagation,
	{"facts 31", "NoSuchEntity"}:                            iamPropagation,
	{"facts 33", "MalformedPolicyDocumentException"}:        iamPropagation,
	{"facts 34", "MalformedPolicyDocumentException"}:        iamPropagation,
	{"facts 35; KMS API, CreateAlias", "NotFoundException"}: 10 * time.Minute,

	// Hosts and containers
	{"facts 37", "ValidationError"}:                            iamPropagation,
	{"facts 40, 41", "ResourceInUse"}:                          10 * time.Minute,
	{"facts 43", "ValidationError"}:                            5 * time.Minute,
	{"facts 40, 41", "ScalingActivityInProgress"}:              10 * time.Minute,
	{"facts 56", invalidECSParameter}:                          20 * time.Minute,
	{"facts 48", "UpdateInProgressException"}:                  10 * time.Minute,
	{"facts 48", "ResourceInUseException"}:                     10 * time.Minute,
	{"facts 49", "DELETE_FAILED"}:                              20 * time.Minute,
	{"facts 50", "ClusterContainsServicesException"}:           10 * time.Minute,
	{"facts 50", "ClusterContainsContainerInstancesException"}: 10 * time.Minute,
	{"facts 51", invalidECSParameter}:                          4 * time.Minute,
	{"facts 52", invalidECSParameter}:                          4 * time.Minute,
	{"facts 53", invalidECSParameter}:                          iamPropagation,
	{"facts 54", "ClusterNotFoundException"}:                   4 * time.Minute,
	{steadyRule, unplacedCode}:                                 20 * time.Minute,
	{drainRule, "DRAINING"}:                                    20 * time.Minute,
	{"facts 60", invalidScaling}:                               iamPropagation,
	{"facts 61", "ObjectNotFoundException"}:                    iamPropagation,

	// Edge
	{"facts 67", "ResourceInUse"}:                 2 * time.Minute,
	{"facts 69", "CertificateNotFound"}:           5 * time.Minute,
	{"facts 72", "ResourceInUseException"}:        20 * time.Minute,
	{"facts 73", "PENDING_VALIDATION"}:            75 * time.Minute,
	{"facts 74", "WAFUnavailableEntityException"}: 5 * time.Minute,
	{"facts 75", "WAFAssociatedItemException"}:    5 * time.Minute,
	{"facts 77", "NoSuchHostedZone"}:              time.Minute,

	// Data
	{"facts 83", "InvalidParameterCombination"}:     2 * time.Minute,
	{"facts 93", "InvalidDBClusterStateFault"}:      2 * time.Minute,
	{"facts 97", "InvalidReplicationGroupState"}:    10 * time.Minute,
	{"facts 91", "InvalidParameterValue"}:           iamPropagation,
	{"facts 92", "InvalidDBParameterGroupState"}:    3 * time.Minute,
	{"facts 99", "InvalidCacheParameterGroupState"}: 3 * time.Minute,

	// Storage, secrets, messages, backups
	{"facts 100", "InvalidRequestException"}:          2 * time.Minute,
	{"facts 102", "MalformedPolicyDocumentException"}: iamPropagation,
	{"facts 104", "OperationAborted"}:                 20 * time.Minute,
	{"facts 105", "NoSuchBucket"}:                     2 * time.Minute,
	{"facts 106", "MalformedPolicy"}:                  iamPropagation,
	{"facts 112", "ValidationException"}:              5 * time.Minute,
	{"facts 113", "ValidationException"}:              iamPropagation,
	{"facts 118", "InvalidRequestException"}:          2 * time.Minute,
	{"facts 119", "InvalidParameterValueException"}:   iamPropagation,
	{"facts 120", "InvalidParameterValueException"}:   iamPropagation,
	{"facts 122", snsInvalid}:                         iamPropagation,
}
