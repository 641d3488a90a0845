package tests

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/tests/harness"
)

var keepUnknowns = plugin.MarshalOptions{KeepUnknowns: true, SkipNulls: true}

// What AWS computes is unknown until it has: each type is previewed alone, with the inputs that a real deployment
// gave it, and nothing may be known that is neither an input nor a default of the provider's schema.
func TestPreviewKnowsNothingThatAWSComputes(t *testing.T) {
	t.Parallel()
	aws := harness.NewAWS(t, nil)
	cfg := harness.Ephemeral(t, "prod-eu")
	cfg.Observability.Notify = []string{"mailto:ops@deepstreamhub.com"}
	cfg.Backup.Lock = "governance"
	yes := true
	cfg.Network.IPv6 = &yes
	cfg.Database.FinalSnapshot = &yes                                                 // only vaults that are kept can be locked
	cfg.Edge.GlobalName, cfg.Edge.DataScope = "global.deepstreamhub.com", "perRegion" // makes the health check
	s := harness.NewStack(t, aws, "unknown", cfg)
	s.Config.Service.ScaleOn = config.ScaleOnCPU
	s.Config.Services = map[string]config.FurtherService{ // what only a further service makes
		"orders": {Image: s.Config.Service.Image, Port: 8080, HealthPath: "/health", Path: "/orders", Tasks: 2, CPU: 256, MemoryMiB: 512},
	}
	s.Up()
	client := configuredProvider(t, aws, "eu-central-1")

	previewed := map[string]bool{"aws:route53/zone:Zone": true} // only ever declared or adopted, never created by the program
	for _, r := range aws.Cloud().List() {
		if r.Declared || previewed[r.Type] {
			continue
		}
		previewed[r.Type] = true
		t.Run(r.Type, func(t *testing.T) {
			planned := previewCreate(t, client, r)
			k, ok := cloud.Lookup(r.Type)
			require.True(t, ok)
			defaults := k.Planned(cloud.Map{})
			for name := range k.Schema.Outputs.Fields {
				v := planned[resource.PropertyKey(name)]
				_, given := r.Inputs[name]
				fallback, defaulted := defaults[name]
				switch {
				case given:
				case defaulted:
					require.Equal(t, resource.NewPropertyValue(fallback), v, "%s: not the schema's default", name)
				default:
					require.True(t, v.IsComputed(), "%s is known before creation: %v", name, v)
				}
			}
			for path, text := range leaves("", planned.Mappable()) {
				require.False(t, computed.MatchString(text) && !strings.Contains(fmt.Sprint(r.Inputs), text),
					"%s is known before creation: %s", path, text)
			}
		})
	}
	for _, typ := range cloud.Types() {
		if !slices.Contains(ofTheAccount, typ) {
			assert.True(t, previewed[typ], "%s is not part of the region, so its preview was not looked at", typ)
		}
	}
}

// ofTheAccount are the types that no region makes: an account has them once. Of the hook no program makes any.
var ofTheAccount = []string{
	"aws:accessanalyzer/analyzer:Analyzer", "aws:autoscaling/lifecycleHook:LifecycleHook", "aws:budgets/budget:Budget", "aws:cloudtrail/trail:Trail",
	"aws:ebs/encryptionByDefault:EncryptionByDefault", "aws:ecr/lifecyclePolicy:LifecyclePolicy",
	"aws:ecr/replicationConfiguration:ReplicationConfiguration", "aws:ecr/repository:Repository", "aws:ecs/accountSettingDefault:AccountSettingDefault",
	"aws:guardduty/detector:Detector", "aws:iam/accountPasswordPolicy:AccountPasswordPolicy", "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
	"aws:iam/policy:Policy", "aws:iam/serviceLinkedRole:ServiceLinkedRole", "aws:kms/replicaKey:ReplicaKey",
	"aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock", "aws:s3/bucketReplicationConfig:BucketReplicationConfig", "aws:ssm/document:Document",
}

// computed is the form of what only AWS gives out: ids, ARNs, endpoints and DNS names.
var computed = regexp.MustCompile(`^[a-z]+-0[0-9a-f]{16}$|^arn:|\.amazonaws\.com$`)

func leaves(path string, v any) map[string]string {
	out := map[string]string{}
	switch v := v.(type) {
	case string:
		out[path] = v
	case []any:
		for i, e := range v {
			for p, s := range leaves(fmt.Sprintf("%s[%d]", path, i), e) {
				out[p] = s
			}
		}
	case map[string]any:
		for k, e := range v {
			for p, s := range leaves(path+"."+k, e) {
				out[p] = s
			}
		}
	}
	return out
}

func configuredProvider(t *testing.T, aws *harness.AWS, region string) pulumirpc.ResourceProviderClient {
	t.Helper()
	conn, err := grpc.NewClient(fmt.Sprintf("127.0.0.1:%d", aws.Port()), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	client := pulumirpc.NewResourceProviderClient(conn)
	args, err := plugin.MarshalProperties(resource.NewPropertyMapFromMap(map[string]any{"region": region}), keepUnknowns)
	require.NoError(t, err)
	_, err = client.Configure(t.Context(), &pulumirpc.ConfigureRequest{Args: args})
	require.NoError(t, err)
	return client
}

func previewCreate(t *testing.T, client pulumirpc.ResourceProviderClient, r cloud.Resource) resource.PropertyMap {
	t.Helper()
	inputs, err := plugin.MarshalProperties(resource.NewPropertyMapFromMap(r.Inputs), keepUnknowns)
	require.NoError(t, err)
	urn := "urn:pulumi:alone::deepstreamhub::" + r.Type + "::alone"
	checked, err := client.Check(t.Context(), &pulumirpc.CheckRequest{Urn: urn, Olds: &structpb.Struct{}, News: inputs, RandomSeed: make([]byte, 32)})
	require.NoError(t, err)
	require.Empty(t, checked.GetFailures())
	created, err := client.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn, Properties: checked.GetInputs(), Preview: true})
	require.NoError(t, err)
	require.Empty(t, created.GetId())
	out, err := plugin.UnmarshalProperties(created.GetProperties(), keepUnknowns)
	require.NoError(t, err)
	return out
}
