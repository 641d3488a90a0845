package endpoint_test

import (
	"cmp"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/endpoint"
)

// What is not there, not served, or asked by a stranger is refused as AWS refuses it.
func TestHealthRefusals(t *testing.T) {
	t.Parallel()
	c, err := cloud.Open(cloud.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	served := httptest.NewServer(endpoint.Handler(c))
	t.Cleanup(served.Close)
	for name, tt := range map[string]struct{ service, key, method, path, form, target, body, want string }{
		"stranger":           {service: "monitoring", key: "AKIASOMEBODY", form: "Action=DescribeAlarms", want: "<Code>InvalidClientTokenId</Code>"},
		"stranger at ECS":    {service: "ecs", key: "AKIASOMEBODY", body: "{}", want: `"__type":"UnrecognizedClientException"`},
		"another action":     {service: "autoscaling", form: "Action=DeleteAutoScalingGroup", want: "<Code>InvalidAction</Code>"},
		"another call":       {service: "ecs", target: "AmazonEC2ContainerServiceV20141113.DeleteService", body: "{}", want: `"__type":"InvalidAction"`},
		"no such group":      {service: "autoscaling", form: "Action=DescribeInstanceRefreshes&AutoScalingGroupName=x", want: "AutoScalingGroup name not found"},
		"no such targets":    {service: "elasticloadbalancing", form: "Action=DescribeTargetHealth&TargetGroupArn=x", want: "<Code>TargetGroupNotFound</Code>"},
		"no such alarm":      {service: "monitoring", form: "Action=DescribeAlarms&AlarmNames.member.1=x", want: "<MetricAlarms></MetricAlarms>"},
		"no such service":    {service: "ecs", target: "AmazonEC2ContainerServiceV20141113.DescribeServices", body: `{"services":["x"]}`, want: `{"failures":[{"arn":"x","reason":"MISSING"}],"services":[]}`},
		"nothing readable":   {service: "ecs", target: "AmazonEC2ContainerServiceV20141113.DescribeServices", body: `{`, want: "SerializationException"},
		"no such plan":       {service: "backup", method: http.MethodGet, path: "/backup/plans/x/selections/", want: `"Code":"ResourceNotFoundException"`},
		"stranger at Backup": {service: "backup", key: "AKIASOMEBODY", want: "UnrecognizedClientException"},
		"another path":       {service: "backup", method: http.MethodGet, path: "/backup/plans/x", want: "InvalidAction"},
	} {
		t.Run(name, func(t *testing.T) {
			key := tt.key
			if key == "" {
				key = endpoint.AccessKey
			}
			body := tt.body
			if tt.form != "" {
				_, err := url.ParseQuery(tt.form)
				require.NoError(t, err)
				body = tt.form
			}
			q, err := http.NewRequestWithContext(t.Context(), cmp.Or(tt.method, http.MethodPost), served.URL+tt.path, strings.NewReader(body))
			require.NoError(t, err)
			q.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+key+"/20261125/eu-central-1/"+tt.service+"/aws4_request, Signature=x")
			q.Header.Set("X-Amz-Target", tt.target)
			if tt.form != "" {
				q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			}
			answer, err := http.DefaultClient.Do(q)
			require.NoError(t, err)
			defer func() { require.NoError(t, answer.Body.Close()) }()
			var text strings.Builder
			buf := make([]byte, 4096)
			for n := 1; n > 0; {
				n, _ = answer.Body.Read(buf)
				text.Write(buf[:n])
			}
			require.Contains(t, text.String(), tt.want)
			require.Equal(t, strings.HasPrefix(name, "no such alarm") || strings.HasPrefix(name, "no such service"), answer.StatusCode == http.StatusOK)
		})
	}
}
