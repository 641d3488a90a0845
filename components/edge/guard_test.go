package edge_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/deepstreamhub/platform/components/componenttest"
)

// list returns the objects of a list among a resource's plain inputs.
func list(v any) []map[string]any {
	var out []map[string]any
	for _, e := range v.([]any) {
		out = append(out, e.(map[string]any))
	}
	return out
}

func TestMonitoringIsClosed(t *testing.T) {
	t.Parallel()
	rule := componenttest.Find(t, run(t, recorder(), args(), nil), "aws:lb/listenerRule:ListenerRule", "edge-closed")
	if d := cmp.Diff(map[string]any{
		"listenerArn": "arn:aws:mock:::edge-https", "priority": 1.0,
		"conditions": []any{map[string]any{"pathPattern": map[string]any{"values": []any{"/monitoring*"}}}},
		"actions": []any{map[string]any{"type": "fixed-response",
			"fixedResponse": map[string]any{"contentType": "text/plain", "messageBody": "Not found", "statusCode": "404"}}},
	}, rule.Plain()); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	open := args()
	open.ClosedPaths = nil
	if names := componenttest.Names(run(t, recorder(), open, nil)); slices.ContainsFunc(names, func(n string) bool { return strings.Contains(n, "edge-closed") }) {
		t.Errorf("a rule without paths: %v", names)
	}
}

func TestLogBucket(t *testing.T) {
	t.Parallel()
	resources := run(t, recorder(), args(), nil)
	for typ, want := range map[string]map[string]any{
		"aws:s3/bucketV2:BucketV2": {"forceDestroy": true},
		"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {"bucket": "edge-logs-1", "blockPublicAcls": true, "blockPublicPolicy": true,
			"ignorePublicAcls": true, "restrictPublicBuckets": true},
		"aws:s3/bucketOwnershipControls:BucketOwnershipControls": {"bucket": "edge-logs-1", "rule": map[string]any{"objectOwnership": "BucketOwnerEnforced"}},
		"aws:s3/bucketVersioningV2:BucketVersioningV2":           {"bucket": "edge-logs-1", "versioningConfiguration": map[string]any{"status": "Enabled"}},
		"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2": {"bucket": "edge-logs-1",
			"rules": []any{map[string]any{"applyServerSideEncryptionByDefault": map[string]any{"sseAlgorithm": "AES256"}}}},
		"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2": {"bucket": "edge-logs-1", "rules": []any{map[string]any{
			"id": "expire", "status": "Enabled", "filter": map[string]any{}, "expiration": map[string]any{"days": 90.0},
			"noncurrentVersionExpiration":    map[string]any{"noncurrentDays": 7.0},
			"abortIncompleteMultipartUpload": map[string]any{"daysAfterInitiation": 7.0}}}},
	} {
		if d := cmp.Diff(want, componenttest.Find(t, resources, typ, "edge-logs").Plain()); d != "" {
			t.Errorf("%s: -want +got\n%s", typ, d)
		}
	}
	kept := args()
	kept.DeletionProtection = true
	bucket := componenttest.Find(t, run(t, recorder(), kept, nil), "aws:s3/bucketV2:BucketV2", "edge-logs")
	if bucket.Plain()["forceDestroy"] != false {
		t.Error("a protected edge's logs can be deleted with their bucket")
	}
}

// TestBucketPolicy: ELB may write below this account's path, and nobody may do anything without TLS.
func TestBucketPolicy(t *testing.T) {
	t.Parallel()
	resources := run(t, recorder(), args(), nil)
	got := componenttest.Find(t, resources, "aws:s3/bucketPolicy:BucketPolicy", "edge-logs").Plain()["policy"]
	want := `{"Version":"2012-10-17","Statement":[` +
		`{"Sid":"WriteLogs","Effect":"Allow","Principal":{"Service":["logdelivery.elasticloadbalancing.amazonaws.com"]},` +
		`"Action":["s3:PutObject"],"Resource":["arn:aws:s3:::edge-logs-1/AWSLogs/111122223333/*"]},` +
		`{"Sid":"OnlyTLS","Effect":"Deny","Principal":"*","Action":["s3:*"],"Resource":["arn:aws:s3:::edge-logs-1","arn:aws:s3:::edge-logs-1/*"],` +
		`"Condition":{"Bool":{"aws:SecureTransport":["false"]}}}]}`
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

// TestLogsOrder: ELB tries the bucket when logs are switched on.
func TestLogsOrder(t *testing.T) {
	t.Parallel()
	resources := run(t, recorder(), args(), nil)
	balancer := componenttest.Find(t, resources, "aws:lb/loadBalancer:LoadBalancer", "edge-lb")
	if !slices.ContainsFunc(balancer.RPC.GetDependencies(), func(urn string) bool { return strings.HasSuffix(urn, "BucketPolicy::edge-logs") }) {
		t.Error("the load balancer does not wait for the bucket's policy")
	}
}

// TestHealthCheckAsksWhatTheLoadBalancerAsks: checks of different paths can disagree.
func TestHealthCheckAsksWhatTheLoadBalancerAsks(t *testing.T) {
	t.Parallel()
	resources := run(t, recorder(), withGlobalName(), nil)
	check := componenttest.Find(t, resources, "aws:route53/healthCheck:HealthCheck", "edge-health").Plain()
	if d := cmp.Diff(map[string]any{
		"type": "HTTPS", "fqdn": "eu.deepstreamhub.com", "port": 443.0, "resourcePath": "/health-check", "enableSni": true,
		"requestInterval": 10.0, "failureThreshold": 3.0,
	}, check); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	targets := componenttest.Find(t, resources, "aws:lb/targetGroup:TargetGroup", "edge-targets").Plain()
	if path := targets["healthCheck"].(map[string]any)["path"]; path != check["resourcePath"] {
		t.Errorf("the load balancer asks %v, Route 53 %v", path, check["resourcePath"])
	}
}

func TestFirewall(t *testing.T) {
	t.Parallel()
	resources := run(t, recorder(), args(), nil)
	acl := componenttest.Find(t, resources, "aws:wafv2/webAcl:WebAcl", "edge-waf").Plain()
	if d := cmp.Diff(map[string]any{"allow": map[string]any{}}, acl["defaultAction"]); d != "" || acl["scope"] != "REGIONAL" {
		t.Errorf("scope %v, default action: -want +got\n%s", acl["scope"], d)
	}
	var order []string
	metrics := map[string]bool{acl["visibilityConfig"].(map[string]any)["metricName"].(string): true}
	for i, rule := range list(acl["rules"]) {
		if rule["priority"] != float64(i) {
			t.Errorf("%v is asked as number %v, not %d", rule["name"], rule["priority"], i)
		}
		order = append(order, rule["name"].(string))
		metrics[rule["visibilityConfig"].(map[string]any)["metricName"].(string)] = true
	}
	if d := cmp.Diff([]string{"health-checkers", "rate", "ip-reputation", "known-bad-inputs", "common"}, order); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if len(metrics) != len(order)+1 || !metrics["test-edge-rate"] {
		t.Errorf("metrics are not apart: %v", metrics)
	}
	if d := cmp.Diff(map[string]any{"webAclArn": "arn:aws:mock:::edge-waf", "resourceArn": "arn:aws:mock:::edge-lb"},
		componenttest.Find(t, resources, "aws:wafv2/webAclAssociation:WebAclAssociation", "edge-waf").Plain()); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

func firewallRule(t *testing.T, name string) map[string]any {
	t.Helper()
	acl := componenttest.Find(t, run(t, recorder(), args(), nil), "aws:wafv2/webAcl:WebAcl", "edge-waf").Plain()
	for _, rule := range list(acl["rules"]) {
		if rule["name"] == name {
			return rule
		}
	}
	t.Fatalf("no rule %s", name)
	return nil
}

// TestFirewallLetsCheckersIn: by agent and path together, since anybody can send the agent.
func TestFirewallLetsCheckersIn(t *testing.T) {
	t.Parallel()
	rule := firewallRule(t, "health-checkers")
	match := func(field map[string]any, how, text string) any {
		return map[string]any{"byteMatchStatement": map[string]any{"fieldToMatch": field, "positionalConstraint": how, "searchString": text,
			"textTransformations": []any{map[string]any{"priority": 0.0, "type": "NONE"}}}}
	}
	want := map[string]any{"andStatement": map[string]any{"statements": []any{
		match(map[string]any{"singleHeader": map[string]any{"name": "user-agent"}}, "STARTS_WITH", "Amazon-Route53-Health-Check-Service"),
		match(map[string]any{"uriPath": map[string]any{}}, "EXACTLY", "/health-check"),
	}}}
	if d := cmp.Diff(want, rule["statement"]); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if d := cmp.Diff(map[string]any{"allow": map[string]any{}}, rule["action"]); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

// The firewall knows a path without what follows a ?, and a rule for the whole would let in nobody.
func TestFirewallLetsCheckersInThatAskForMore(t *testing.T) {
	t.Parallel()
	a := args()
	a.HealthPath = "/health?full=1"
	acl := componenttest.Find(t, run(t, recorder(), a, nil), "aws:wafv2/webAcl:WebAcl", "edge-waf").Plain()
	text := fmt.Sprint(list(acl["rules"])[0]["statement"])
	if !strings.Contains(text, "searchString:/health ") {
		t.Error(text)
	}
}

func TestFirewallLimitsAnAddress(t *testing.T) {
	t.Parallel()
	rule := firewallRule(t, "rate")
	if d := cmp.Diff([]any{
		map[string]any{"block": map[string]any{"customResponse": map[string]any{"responseCode": 429.0}}},
		map[string]any{"rateBasedStatement": map[string]any{"limit": 2000.0, "aggregateKeyType": "IP", "evaluationWindowSec": 300.0}},
	}, []any{rule["action"], rule["statement"]}); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

// TestFirewallTakesDeepstreamsClients: those rules would turn away WebSockets opened by Node.js, or records over HTTP.
func TestFirewallTakesDeepstreamsClients(t *testing.T) {
	t.Parallel()
	group := firewallRule(t, "common")["statement"].(map[string]any)["managedRuleGroupStatement"].(map[string]any)
	var counted []string
	for _, o := range list(group["ruleActionOverrides"]) {
		if d := cmp.Diff(map[string]any{"count": map[string]any{}}, o["actionToUse"]); d != "" {
			t.Errorf("%v: -want +got\n%s", o["name"], d)
		}
		counted = append(counted, o["name"].(string))
	}
	slices.Sort(counted)
	if d := cmp.Diff([]string{"CrossSiteScripting_BODY", "EC2MetaDataSSRF_BODY", "GenericLFI_BODY", "GenericRFI_BODY", "NoUserAgent_HEADER", "SizeRestrictions_BODY"}, counted); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

func TestFirewallLogs(t *testing.T) {
	t.Parallel()
	resources := run(t, recorder(), args(), nil)
	group := componenttest.Find(t, resources, "aws:cloudwatch/logGroup:LogGroup", "edge-waf-logs").Plain()
	if d := cmp.Diff(map[string]any{"name": "aws-waf-logs-deepstreamhub-test-edge", "retentionInDays": 90.0, "kmsKeyId": "arn:aws:mock:::edge-waf-logs-key"}, group); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	key := componenttest.Find(t, resources, "aws:kms/key:Key", "edge-waf-logs-key").Plain()
	if !json.Valid([]byte(key["policy"].(string))) || !strings.Contains(key["policy"].(string), fmt.Sprintf(
		`"kms:EncryptionContext:aws:logs:arn":["arn:aws:logs:eu-central-1:111122223333:log-group:%s"]`, group["name"])) {
		t.Errorf("key policy %v", key["policy"])
	}
	condition := func(action string) any {
		return map[string]any{"actionCondition": map[string]any{"action": action}}
	}
	header := func(name string) any { return map[string]any{"singleHeader": map[string]any{"name": name}} }
	if d := cmp.Diff(map[string]any{
		"resourceArn": "arn:aws:mock:::edge-waf", "logDestinationConfigs": []any{"arn:aws:mock:::edge-waf-logs"},
		"redactedFields": []any{header("authorization"), header("cookie")},
		"loggingFilter": map[string]any{"defaultBehavior": "DROP", "filters": []any{map[string]any{
			"behavior": "KEEP", "requirement": "MEETS_ANY", "conditions": []any{condition("BLOCK"), condition("COUNT")}}}},
	}, componenttest.Find(t, resources, "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration", "edge-waf").Plain()); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}
