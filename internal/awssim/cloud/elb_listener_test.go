package cloud

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestListener(t *testing.T) {
	t.Parallel()
	e := newEdgeCloud(t)
	balancer, targets, plain := e.balanced()
	require.Equal(t, "HTTP", Str(e.read(typeListener, plain), "protocol"))
	cert := e.issued()
	id, state := e.make(typeListener, Map{"loadBalancerArn": balancer, "port": 443.0, "protocol": "HTTPS", "certificateArn": cert, "defaultActions": forward(targets)})
	require.Regexp(t, `^arn:aws:elasticloadbalancing:eu-central-1:111122223333:listener/app/edge/[0-9a-f]{16}/[0-9a-f]{16}$`, id)
	require.Equal(t, "ELBSecurityPolicy-2016-08", state["sslPolicy"])
	require.Equal(t, 1.0, At(state, "defaultActions[].order")[0])
	require.Equal(t, "ResourceInUseException", Code(e.gone(typeCertificate, cert, nil)))
	require.True(t, kinds[typeListener].Replaces("loadBalancerArn"))
	require.False(t, kinds[typeListener].Replaces("port"))
}

func TestListenerRefusals(t *testing.T) {
	t.Parallel()
	e := newEdgeCloud(t)
	balancer, targets, plain := e.balanced()
	cert := e.issued()
	pending, _ := e.make(typeCertificate, Map{"domainName": "us.deepstreamhub.com", "validationMethod": "DNS"})
	second, _ := e.make(typeLoadBalancer, with(edgeBalancer(), Map{"name": "second"}))
	e.place(typeTargetGroup, "far", Map{"vpcId": "vpc-2"})
	secure := Map{"loadBalancerArn": balancer, "port": 443.0, "protocol": "HTTPS", "certificateArn": cert, "sslPolicy": testPolicy, "defaultActions": forward(targets)}
	id, _ := e.make(typeListener, secure)
	redirect := func(r Map) []any {
		return []any{Map{"type": "redirect", "redirect": with(Map{"statusCode": "HTTP_301"}, r)}}
	}
	for _, test := range []struct {
		code   string
		change Map
	}{
		{"CertificateNotFound", Map{"certificateArn": noARN}},
		{"UnsupportedCertificate", Map{"certificateArn": pending}},
		{"SSLPolicyNotFound", Map{"sslPolicy": "ELBSecurityPolicy-TLS14"}},
		{"TargetGroupNotFound", Map{"defaultActions": forward(noARN)}},
		{"InvalidConfigurationRequest", Map{"defaultActions": forward("far")}},
		{"ValidationError", Map{"certificateArn": nil}},
		{"ValidationError", Map{"protocol": "HTTP"}},
		{"ValidationError", Map{"protocol": "HTTP", "certificateArn": nil}}, // the policy is left
		{"ValidationError", Map{"protocol": "TCP", "certificateArn": nil, "sslPolicy": nil}},
		{"ValidationError", Map{"port": nil}},
		{"DuplicateListener", Map{"port": 80.0}},
		{"InvalidLoadBalancerAction", Map{"defaultActions": redirect(nil)}},
		{"InvalidLoadBalancerAction", Map{"defaultActions": redirect(Map{"protocol": "#{protocol}", "port": "#{port}"})}},
		{"InvalidLoadBalancerAction", Map{"defaultActions": append(forward(targets), redirect(Map{"port": "444"})...)}},
	} {
		e.refused(test.code, typeListener, with(with(secure, Map{"port": 8443.0}), test.change))
		e.refusedChange(test.code, typeListener, id, with(secure, test.change))
	}
	e.refused("LoadBalancerNotFound", typeListener, with(secure, Map{"loadBalancerArn": noARN}))
	e.refused("TargetGroupAssociationLimit", typeListener, Map{"loadBalancerArn": second, "port": 80.0, "defaultActions": forward(targets)})
	require.NoError(t, e.gone(typeListener, plain, nil))
	require.NoError(t, e.gone(typeListener, id, nil))
	e.make(typeListener, Map{"loadBalancerArn": second, "port": 80.0, "defaultActions": forward(targets)})
	for i := range 50 {
		e.make(typeListener, Map{"loadBalancerArn": balancer, "port": float64(9000 + i), "defaultActions": redirect(Map{"port": "443"})})
	}
	e.refused("TooManyListeners", typeListener, Map{"loadBalancerArn": balancer, "port": 80.0, "defaultActions": redirect(Map{"port": "443"})})
}

func TestActionChecks(t *testing.T) {
	t.Parallel()
	fixed := func(change Map) any {
		return []any{Map{"type": "fixed-response", "fixedResponse": with(Map{"contentType": "text/plain", "statusCode": "404"}, change)}}
	}
	for typ, good := range map[string]Map{
		typeListener: {"loadBalancerArn": noARN, "port": 80.0, "protocol": "HTTP", "defaultActions": fixed(nil)},
		typeListenerRule: {"listenerArn": noARN, "priority": 1.0, "actions": fixed(nil),
			"conditions": []any{Map{"pathPattern": Map{"values": List("/monitoring*")}}}},
	} {
		path := "actions"
		if typ == typeListener {
			path = "defaultActions"
		}
		refusesInputs(t, typ, good, []badInput{
			{path, List[any]()}, {path, []any{Map{"type": "drop"}}}, {path, []any{Map{"type": "forward"}}},
			{path, []any{Map{"type": "forward", "targetGroupArn": noARN, "forward": Map{}}}}, {path, []any{Map{"type": "redirect"}}},
			{path, []any{Map{"type": "redirect", "redirect": Map{"statusCode": "HTTP_303"}}}},
			{path, []any{Map{"type": "redirect", "redirect": Map{"statusCode": "HTTP_301", "protocol": "FTP"}}}},
			{path, fixed(Map{"contentType": "text/xml"})}, {path, fixed(Map{"statusCode": "301"})},
			{path, fixed(Map{"messageBody": strings.Repeat("x", 1025)})}, {path, []any{Map{"type": "fixed-response", "fixedResponse": Map{}, "order": 0.0}}},
		})
	}
	listener := Map{"loadBalancerArn": noARN, "port": 80.0, "defaultActions": fixed(nil)}
	refusesInputs(t, typeListener, listener, []badInput{{"protocol", "SCTP"}, {"port", 0.0}, {"port", 65536.0}})
}

func TestListenerRule(t *testing.T) {
	t.Parallel()
	e := newEdgeCloud(t)
	balancer, targets, listener := e.balanced()
	own, _ := e.make(typeTargetGroup, with(edgeTargets(), Map{"name": "own"}))
	rule := func(change Map) Map {
		return with(Map{"listenerArn": listener, "actions": forward(own),
			"conditions": []any{Map{"pathPattern": Map{"values": List("/api", "/api/*")}}}}, change)
	}
	id, state := e.make(typeListenerRule, rule(Map{"priority": 7.0}))
	require.Regexp(t, `^arn:aws:elasticloadbalancing:eu-central-1:111122223333:listener-rule/app/edge/[0-9a-f]{16}/[0-9a-f]{16}/[0-9a-f]{16}$`, id)
	require.Equal(t, id, state["arn"])
	require.Equal(t, List(balancer), e.read(typeTargetGroup, own)["loadBalancerArns"])
	_, state = e.make(typeListenerRule, rule(nil))
	require.Equal(t, 8.0, state["priority"], "the next one")

	many := []any{Map{"pathPattern": Map{"values": List("/1", "/2", "/3", "/4")}}, Map{"hostHeader": Map{"values": List("a", "b")}}}
	second, _ := e.make(typeLoadBalancer, with(edgeBalancer(), Map{"name": "second"}))
	used, _ := e.make(typeTargetGroup, with(edgeTargets(), Map{"name": "used"}))
	e.make(typeListener, Map{"loadBalancerArn": second, "port": 80.0, "defaultActions": forward(used)})
	for _, test := range []struct {
		code   string
		change Map
	}{
		{"PriorityInUse", Map{"priority": 8.0}},
		{"TargetGroupNotFound", Map{"actions": forward(noARN)}},
		{"TargetGroupAssociationLimit", Map{"actions": forward(used)}},
		{"InvalidLoadBalancerAction", Map{"actions": append(forward(own), forward(targets)...)}},
		{"ValidationError", Map{"conditions": many}},
		{"ValidationError", Map{"conditions": []any{Map{"pathPattern": Map{"values": List("/a b")}}}}},
	} {
		e.refused(test.code, typeListenerRule, rule(with(Map{"priority": 9.0}, test.change)))
		e.refusedChange(test.code, typeListenerRule, id, rule(with(Map{"priority": 7.0}, test.change)))
	}
	e.refused("ListenerNotFound", typeListenerRule, rule(Map{"listenerArn": noARN}))
	require.Equal(t, "ResourceInUse", Code(e.gone(typeTargetGroup, own, nil)))
	for i := range rulesPerBalancer - 2 {
		e.make(typeListenerRule, rule(Map{"priority": float64(100 + i)}))
	}
	e.refused("TooManyRules", typeListenerRule, rule(nil))
	require.True(t, kinds[typeListenerRule].Replaces("listenerArn"))
	require.False(t, kinds[typeListenerRule].Replaces("priority"))
}

func TestListenerRuleChecks(t *testing.T) {
	t.Parallel()
	condition := func(p string, v any) []any { return []any{Map{p: v}} }
	good := Map{"listenerArn": noARN, "priority": 1.0, "actions": forward(noARN), "conditions": condition("pathPattern", Map{"values": List("/a")})}
	refusesInputs(t, typeListenerRule, good, []badInput{
		{"priority", 0.0}, {"priority", 50001.0}, {"conditions", []any{Map{}}},
		{"conditions", []any{Map{"pathPattern": Map{"values": List("/a")}, "hostHeader": Map{"values": List("a")}}}},
		{"conditions", condition("pathPattern", Map{"values": List("/" + strings.Repeat("x", 128))})},
		{"conditions", condition("hostHeader", Map{"values": List("")})},
		{"conditions", condition("httpHeader", Map{"httpHeaderName": "a b", "values": List("x")})},
		{"conditions", condition("httpRequestMethod", Map{"values": List("GET /")})},
		{"conditions", condition("sourceIp", Map{"values": List("10.0.0.1/8")})},
	})
}
