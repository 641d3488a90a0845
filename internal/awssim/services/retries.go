package services

import (
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// iamPropagation is for how long the provider puts up with what a new identity causes, whatever the service (facts,
// section 4: the constants propagationTimeout and iamPropagationTimeout).
const iamPropagation = 2 * time.Minute

// retries says for how long it does. What does not stand here fails at once. The lengths are the provider's own
// constants; the source of each is that of its rule.
var retries = map[cloud.Repeated]time.Duration{
	// Network
	{Rule: "facts 1", Code: inUseByOthers}:                       5 * time.Minute,
	{Rule: "facts 2", Code: inUseByOthers}:                       20 * time.Minute,
	{Rule: "facts 3", Code: inUseByOthers}:                       15 * time.Minute,
	{Rule: "facts 4", Code: inUseByOthers}:                       20 * time.Minute,
	{Rule: "facts 10", Code: "InvalidTransitGatewayID.NotFound"}: 5 * time.Minute,
	{Rule: "facts 18", Code: "InvalidParameter"}:                 iamPropagation,

	// Identities and keys
	{Rule: "facts 24", Code: "DeleteConflict"}:                          iamPropagation,
	{Rule: "facts 25", Code: "DeleteConflict"}:                          iamPropagation,
	{Rule: "facts 28", Code: "MalformedPolicyDocument"}:                 iamPropagation,
	{Rule: "facts 31", Code: "NoSuchEntity"}:                            iamPropagation,
	{Rule: "facts 33", Code: "MalformedPolicyDocumentException"}:        iamPropagation,
	{Rule: "facts 34", Code: "MalformedPolicyDocumentException"}:        iamPropagation,
	{Rule: "facts 35; KMS API, CreateAlias", Code: "NotFoundException"}: 10 * time.Minute,

	// Hosts and containers
	{Rule: "facts 37", Code: "ValidationError"}:                            iamPropagation,
	{Rule: "facts 40, 41", Code: "ResourceInUse"}:                          10 * time.Minute,
	{Rule: "facts 43", Code: "ValidationError"}:                            5 * time.Minute,
	{Rule: "facts 40, 41", Code: "ScalingActivityInProgress"}:              10 * time.Minute,
	{Rule: "facts 56", Code: invalidECSParameter}:                          20 * time.Minute,
	{Rule: "facts 48", Code: "UpdateInProgressException"}:                  10 * time.Minute,
	{Rule: "facts 48", Code: "ResourceInUseException"}:                     10 * time.Minute,
	{Rule: "facts 49", Code: "DELETE_FAILED"}:                              20 * time.Minute,
	{Rule: "facts 50", Code: "ClusterContainsServicesException"}:           10 * time.Minute,
	{Rule: "facts 50", Code: "ClusterContainsContainerInstancesException"}: 10 * time.Minute,
	{Rule: "facts 51", Code: invalidECSParameter}:                          4 * time.Minute,
	{Rule: "facts 52", Code: invalidECSParameter}:                          4 * time.Minute,
	{Rule: "facts 53", Code: invalidECSParameter}:                          iamPropagation,
	{Rule: "facts 54", Code: "ClusterNotFoundException"}:                   4 * time.Minute,
	{Rule: steadyRule, Code: unplacedCode}:                                 20 * time.Minute,
	{Rule: drainRule, Code: "DRAINING"}:                                    20 * time.Minute,
	{Rule: "facts 60", Code: invalidScaling}:                               iamPropagation,
	{Rule: "facts 61", Code: "ObjectNotFoundException"}:                    iamPropagation,

	// Edge
	{Rule: "facts 67", Code: "ResourceInUse"}:                 2 * time.Minute,
	{Rule: "facts 69", Code: "CertificateNotFound"}:           5 * time.Minute,
	{Rule: "facts 72", Code: "ResourceInUseException"}:        20 * time.Minute,
	{Rule: "facts 73", Code: "PENDING_VALIDATION"}:            75 * time.Minute,
	{Rule: "facts 74", Code: "WAFUnavailableEntityException"}: 5 * time.Minute,
	{Rule: "facts 75", Code: "WAFAssociatedItemException"}:    5 * time.Minute,
	{Rule: "facts 77", Code: "NoSuchHostedZone"}:              time.Minute,

	// Data
	{Rule: "facts 83", Code: "InvalidParameterCombination"}:     2 * time.Minute,
	{Rule: "facts 93", Code: "InvalidDBClusterStateFault"}:      2 * time.Minute,
	{Rule: "facts 97", Code: "InvalidReplicationGroupState"}:    10 * time.Minute,
	{Rule: "facts 91", Code: "InvalidParameterValue"}:           iamPropagation,
	{Rule: "facts 92", Code: "InvalidDBParameterGroupState"}:    3 * time.Minute,
	{Rule: "facts 99", Code: "InvalidCacheParameterGroupState"}: 3 * time.Minute,

	// Storage, secrets, messages, backups
	{Rule: "facts 100", Code: "InvalidRequestException"}:          2 * time.Minute,
	{Rule: "facts 102", Code: "MalformedPolicyDocumentException"}: iamPropagation,
	{Rule: "facts 104", Code: "OperationAborted"}:                 20 * time.Minute,
	{Rule: "facts 105", Code: "NoSuchBucket"}:                     2 * time.Minute,
	{Rule: "facts 106", Code: "MalformedPolicy"}:                  iamPropagation,
	{Rule: "facts 112", Code: "ValidationException"}:              5 * time.Minute,
	{Rule: "facts 113", Code: "ValidationException"}:              iamPropagation,
	{Rule: "facts 118", Code: "InvalidRequestException"}:          2 * time.Minute,
	{Rule: "facts 119", Code: "InvalidParameterValueException"}:   iamPropagation,
	{Rule: "facts 120", Code: "InvalidParameterValueException"}:   iamPropagation,
	{Rule: "facts 122", Code: snsInvalid}:                         iamPropagation,
}
