package services

import (
	"strings"
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

func TestListener(t *testing.T) {
	t.Parallel()
	e := newEdgeCloud(t)
	balancer, targets, plain := e.balanced()
	require.Equal(t, "HTTP", cloud.Str(e.read(typeListener, plain), "protocol"))
	cert := e.issued()
	id, state := e.make(typeListener, cloud.Map{"loadBalancerArn": balancer, "port": 443.0, "protocol": "HTTPS", "certificateArn": cert, "defaultActions": forward(targets)})
	require.Regexp(t, `^arn:aws:elasticloadbalancing:eu-central-1:111122223333:listener/app/edge/[0-9a-f]{16}/[0-9a-f]{16}$`, id)
	require.Equal(t, "ELBSecurityPolicy-2016-08", state["sslPolicy"])
	require.Equal(t, 1.0, cloud.At(state, "defaultActions[].order")[0])
	require.Equal(t, "ResourceInUseException", cloud.Code(e.gone(typeCertificate, cert, nil)))
	require.True(t, cloud.KindOf(typeListener).Replaces("loadBalancerArn"))
	require.False(t, cloud.KindOf(typeListener).Replaces("port"))
}

func TestListenerRefusals(t *testing.T) {
	t.Parallel()
	e := newEdgeCloud(t)
	balancer, targets, plain := e.balanced()
	cert := e.issued()
	pending, _ := e.make(typeCertificate, cloud.Map{"domainName": "us.deepstreamhub.com", "validationMethod": "DNS"})
	second, _ := e.make(typeLoadBalancer, with(edgeBalancer(), cloud.Map{"name": "second"}))
	e.place(typeTargetGroup, "far", cloud.Map{"vpcId": "vpc-2"})
	secure := cloud.Map{"loadBalancerArn": balancer, "port": 443.0, "protocol": "HTTPS", "certificateArn": cert, "sslPolicy": testPolicy, "defaultActions": forward(targets)}
	id, _ := e.make(typeListener, secure)
	redirect := func(r cloud.Map) []any {
		return []any{cloud.Map{"type": "redirect", "redirect": with(cloud.Map{"statusCode": "HTTP_301"}, r)}}
	}
	for _, test := range []struct {
		code   string
		change cloud.Map
	}{
		{"CertificateNotFound", cloud.Map{"certificateArn": noARN}},
		{"UnsupportedCertificate", cloud.Map{"certificateArn": pending}},
		{"SSLPolicyNotFound", cloud.Map{"sslPolicy": "ELBSecurityPolicy-TLS14"}},
		{"TargetGroupNotFound", cloud.Map{"defaultActions": forward(noARN)}},
		{"InvalidConfigurationRequest", cloud.Map{"defaultActions": forward("far")}},
		{"ValidationError", cloud.Map{"certificateArn": nil}},
		{"ValidationError", cloud.Map{"protocol": "HTTP"}},
		{"ValidationError", cloud.Map{"protocol": "HTTP", "certificateArn": nil}}, // the policy is left
		{"ValidationError", cloud.Map{"protocol": "TCP", "certificateArn": nil, "sslPolicy": nil}},
		{"ValidationError", cloud.Map{"port": nil}},
		{"DuplicateListener", cloud.Map{"port": 80.0}},
		{"InvalidLoadBalancerAction", cloud.Map{"defaultActions": redirect(nil)}},
		{"InvalidLoadBalancerAction", cloud.Map{"defaultActions": redirect(cloud.Map{"protocol": "#{protocol}", "port": "#{port}"})}},
		{"InvalidLoadBalancerAction", cloud.Map{"defaultActions": append(forward(targets), redirect(cloud.Map{"port": "444"})...)}},
	} {
		e.refused(test.code, typeListener, with(with(secure, cloud.Map{"port": 8443.0}), test.change))
		e.refusedChange(test.code, typeListener, id, with(secure, test.change))
	}
	e.refused("LoadBalancerNotFound", typeListener, with(secure, cloud.Map{"loadBalancerArn": noARN}))
	e.refused("TargetGroupAssociationLimit", typeListener, cloud.Map{"loadBalancerArn": second, "port": 80.0, "defaultActions": forward(targets)})
	require.NoError(t, e.gone(typeListener, plain, nil))
	require.NoError(t, e.gone(typeListener, id, nil))
	e.make(typeListener, cloud.Map{"loadBalancerArn": second, "port": 80.0, "defaultActions": forward(targets)})
	for i := range 50 {
		e.make(typeListener, cloud.Map{"loadBalancerArn": balancer, "port": float64(9000 + i), "defaultActions": redirect(cloud.Map{"port": "443"})})
	}
	e.refused("TooManyListeners", typeListener, cloud.Map{"loadBalancerArn": balancer, "port": 80.0, "defaultActions": redirect(cloud.Map{"port": "443"})})
}

func TestActionChecks(t *testing.T) {
	t.Parallel()
	fixed := func(change cloud.Map) any {
		return []any{cloud.Map{"type": "fixed-response", "fixedResponse": with(cloud.Map{"contentType": "text/plain", "statusCode": "404"}, change)}}
	}
	for typ, good := range map[string]cloud.Map{
		typeListener: {"loadBalancerArn": noARN, "port": 80.0, "protocol": "HTTP", "defaultActions": fixed(nil)},
		typeListenerRule: {"listenerArn": noARN, "priority": 1.0, "actions": fixed(nil),
			"conditions": []any{cloud.Map{"pathPattern": cloud.Map{"values": cloud.List("/monitoring*")}}}},
	} {
		path := "actions"
		if typ == typeListener {
			path = "defaultActions"
		}
		refusesInputs(t, typ, good, []badInput{
			{path, cloud.List[any]()}, {path, []any{cloud.Map{"type": "drop"}}}, {path, []any{cloud.Map{"type": "forward"}}},
			{path, []any{cloud.Map{"type": "forward", "targetGroupArn": noARN, "forward": cloud.Map{}}}}, {path, []any{cloud.Map{"type": "redirect"}}},
			{path, []any{cloud.Map{"type": "redirect", "redirect": cloud.Map{"statusCode": "HTTP_303"}}}},
			{path, []any{cloud.Map{"type": "redirect", "redirect": cloud.Map{"statusCode": "HTTP_301", "protocol": "FTP"}}}},
			{path, fixed(cloud.Map{"contentType": "text/xml"})}, {path, fixed(cloud.Map{"statusCode": "301"})},
			{path, fixed(cloud.Map{"messageBody": strings.Repeat("x", 1025)})}, {path, []any{cloud.Map{"type": "fixed-response", "fixedResponse": cloud.Map{}, "order": 0.0}}},
		})
	}
	listener := cloud.Map{"loadBalancerArn": noARN, "port": 80.0, "defaultActions": fixed(nil)}
	refusesInputs(t, typeListener, listener, []badInput{{"protocol", "SCTP"}, {"port", 0.0}, {"port", 65536.0}})
}

func TestListenerRule(t *testing.T) {
	t.Parallel()
	e := newEdgeCloud(t)
	balancer, targets, listener := e.balanced()
	own, _ := e.make(typeTargetGroup, with(edgeTargets(), cloud.Map{"name": "own"}))
	rule := func(change cloud.Map) cloud.Map {
		return with(cloud.Map{"listenerArn": listener, "actions": forward(own),
			"conditions": []any{cloud.Map{"pathPattern": cloud.Map{"values": cloud.List("/api", "/api/*")}}}}, change)
	}
	id, state := e.make(typeListenerRule, rule(cloud.Map{"priority": 7.0}))
	require.Regexp(t, `^arn:aws:elasticloadbalancing:eu-central-1:111122223333:listener-rule/app/edge/[0-9a-f]{16}/[0-9a-f]{16}/[0-9a-f]{16}$`, id)
	require.Equal(t, id, state["arn"])
	require.Equal(t, cloud.List(balancer), e.read(typeTargetGroup, own)["loadBalancerArns"])
	_, state = e.make(typeListenerRule, rule(nil))
	require.Equal(t, 8.0, state["priority"], "the next one")

	many := []any{cloud.Map{"pathPattern": cloud.Map{"values": cloud.List("/1", "/2", "/3", "/4")}}, cloud.Map{"hostHeader": cloud.Map{"values": cloud.List("a", "b")}}}
	second, _ := e.make(typeLoadBalancer, with(edgeBalancer(), cloud.Map{"name": "second"}))
	used, _ := e.make(typeTargetGroup, with(edgeTargets(), cloud.Map{"name": "used"}))
	e.make(typeListener, cloud.Map{"loadBalancerArn": second, "port": 80.0, "defaultActions": forward(used)})
	for _, test := range []struct {
		code   string
		change cloud.Map
	}{
		{"PriorityInUse", cloud.Map{"priority": 8.0}},
		{"TargetGroupNotFound", cloud.Map{"actions": forward(noARN)}},
		{"TargetGroupAssociationLimit", cloud.Map{"actions": forward(used)}},
		{"InvalidLoadBalancerAction", cloud.Map{"actions": append(forward(own), forward(targets)...)}},
		{"ValidationError", cloud.Map{"conditions": many}},
		{"ValidationError", cloud.Map{"conditions": []any{cloud.Map{"pathPattern": cloud.Map{"values": cloud.List("/a b")}}}}},
	} {
		e.refused(test.code, typeListenerRule, rule(with(cloud.Map{"priority": 9.0}, test.change)))
		e.refusedChange(test.code, typeListenerRule, id, rule(with(cloud.Map{"priority": 7.0}, test.change)))
	}
	e.refused("ListenerNotFound", typeListenerRule, rule(cloud.Map{"listenerArn": noARN}))
	require.Equal(t, "ResourceInUse", cloud.Code(e.gone(typeTargetGroup, own, nil)))
	for i := range rulesPerBalancer - 2 {
		e.make(typeListenerRule, rule(cloud.Map{"priority": float64(100 + i)}))
	}
	e.refused("TooManyRules", typeListenerRule, rule(nil))
	require.True(t, cloud.KindOf(typeListenerRule).Replaces("listenerArn"))
	require.False(t, cloud.KindOf(typeListenerRule).Replaces("priority"))
}

func TestListenerRuleChecks(t *testing.T) {
	t.Parallel()
	condition := func(p string, v any) []any { return []any{cloud.Map{p: v}} }
	good := cloud.Map{"listenerArn": noARN, "priority": 1.0, "actions": forward(noARN), "conditions": condition("pathPattern", cloud.Map{"values": cloud.List("/a")})}
	refusesInputs(t, typeListenerRule, good, []badInput{
		{"priority", 0.0}, {"priority", 50001.0}, {"conditions", []any{cloud.Map{}}},
		{"conditions", []any{cloud.Map{"pathPattern": cloud.Map{"values": cloud.List("/a")}, "hostHeader": cloud.Map{"values": cloud.List("a")}}}},
		{"conditions", condition("pathPattern", cloud.Map{"values": cloud.List("/" + strings.Repeat("x", 128))})},
		{"conditions", condition("hostHeader", cloud.Map{"values": cloud.List("")})},
		{"conditions", condition("httpHeader", cloud.Map{"httpHeaderName": "a b", "values": cloud.List("x")})},
		{"conditions", condition("httpRequestMethod", cloud.Map{"values": cloud.List("GET /")})},
		{"conditions", condition("sourceIp", cloud.Map{"values": cloud.List("10.0.0.1/8")})},
	})
}
