package cli

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awserrors"
	awscloud "github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// raisedBy is a type whose creation is a call of the service.
var raisedBy = map[string]string{
	"ACM": "aws:acm/certificate:Certificate", "Application Auto Scaling": "aws:appautoscaling/target:Target",
	"Auto Scaling": "aws:autoscaling/group:Group", "Backup": "aws:backup/vault:Vault", "CloudWatch Logs": "aws:cloudwatch/logGroup:LogGroup",
	"EC2": "aws:ec2/subnet:Subnet", "ECS": "aws:ecs/service:Service", "ElastiCache": "aws:elasticache/replicationGroup:ReplicationGroup",
	"Elastic Load Balancing v2": "aws:lb/loadBalancer:LoadBalancer", "IAM": "aws:iam/role:Role", "KMS": "aws:kms/key:Key",
	"RDS": "aws:rds/cluster:Cluster", "S3": "aws:s3/bucketV2:BucketV2", "SNS": "aws:sns/topic:Topic",
	"Secrets Manager": "aws:secretsmanager/secret:Secret",
}

// Every error of the catalogue is raised by the offline AWS, as --fault asks it to, and explained from the text that the
// operator would see; so no entry hides another.
func TestEveryErrorIsExplained(t *testing.T) {
	t.Parallel()
	for _, e := range awserrors.Catalogue() {
		if e.Code == "" {
			continue
		}
		service := e.Service
		if service == "" {
			service = "EC2"
		}
		require.Contains(t, raisedBy, service, e.Code)
		fault, err := awscloud.ParseFault(e.Code + ":create:" + raisedBy[service])
		require.NoError(t, err, e.Code)
		fault.Answer.Message = e.Says
		c, err := awscloud.Open(awscloud.Options{Faults: &awscloud.Faults{List: []awscloud.Fault{fault}}})
		require.NoError(t, err)
		_, _, err = c.Create(t.Context(), "eu-central-1", raisedBy[service], awscloud.Map{})
		require.Error(t, err)
		x := awserrors.Explain(awserrors.Failure{Stack: "prod-eu", Type: "T", Name: "N", Said: err.Error()})
		require.NotNil(t, x.Answer, "%s: %s", e.Code, err)
		require.Equal(t, e.Code, x.Answer.Code)
		require.Equal(t, strings.NewReplacer("{name}", "N", "{stack}", "prod-eu", "{type}", "T", "{message}", e.Says).Replace(e.Cause), x.Cause, "%s %s: %s", e.Service, e.Code, err)
		require.NotContains(t, x.Fix, "{", e.Code)
	}
}
