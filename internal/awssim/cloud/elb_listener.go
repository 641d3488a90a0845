package cloud

import (
	"fmt"
	"slices"
	"strings"
)

var missingTargets = Refusal{"TargetGroupNotFound", "Target groups '{value}' not found", "ELB API, CreateListener"}

var _ = register(&Kind{
	Type: typeListener, Service: "Elastic Load Balancing v2", Noun: "Listener",
	Replace:  []string{"loadBalancerArn"},
	Required: []string{"defaultActions", "loadBalancerArn"},
	Refs: []Ref{
		// Listeners go with their load balancer.
		{Path: "loadBalancerArn", To: typeLoadBalancer, Free: true, Missing: Refusal{"LoadBalancerNotFound", "Load balancer '{value}' not found", "ELB API, CreateListener"}},
		{Path: "certificateArn", To: typeCertificate, Missing: Refusal{"CertificateNotFound", "Certificate '{value}' not found", "facts 69"}},
		{Path: "defaultActions[].targetGroupArn", To: typeTargetGroup, Missing: missingTargets},
		{Path: "defaultActions[].forward.targetGroups[].arn", To: typeTargetGroup, Missing: missingTargets},
	},
	Quota: &Quota{Max: 50, Per: "loadBalancerArn", Refusal: Refusal{"TooManyListeners", "The maximum number of listeners has been reached.", "facts 21"}},
	Check: checkListener,
	Create: func(t *Tx, r *Resource) error {
		balancer, _ := t.Find(typeLoadBalancer, "", r.Str("loadBalancerArn"))
		r.ID = strings.Replace(balancer.ID, ":loadbalancer/", ":listener/", 1) + "/" + t.Hex(16)
		r.State["arn"] = r.ID
		return settleListener(t, r)
	},
	Update: func(t *Tx, r *Resource, _ Map) error { return settleListener(t, r) },
})

// tlsPolicies are the predefined policies of application load balancers that begin with ELBSecurityPolicy- ("Security
// policies", User Guide for Application Load Balancers).
var tlsPolicies = strings.Fields(`2016-08 TLS-1-0-2015-04 TLS-1-1-2017-01 TLS-1-2-2017-01 TLS-1-2-Ext-2018-06 FS-2018-06 FS-1-1-2019-08
	FS-1-2-2019-08 FS-1-2-Res-2019-08 FS-1-2-Res-2020-10 TLS13-1-0-2021-06 TLS13-1-1-2021-06 TLS13-1-2-2021-06 TLS13-1-2-Res-2021-06
	TLS13-1-2-Ext1-2021-06 TLS13-1-2-Ext2-2021-06 TLS13-1-3-2021-06`)

func checkListener(c *Checker) {
	c.OneOf("protocol", "HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "GENEVE")
	c.Between("port", 1, 65535)
	c.OneOf("defaultActions[].type", "forward", "redirect", "fixed-response", "authenticate-cognito", "authenticate-oidc")
	c.OneOf("defaultActions[].redirect.statusCode", "HTTP_301", "HTTP_302")
	c.OneOf("defaultActions[].redirect.protocol", "#{protocol}", "HTTP", "HTTPS")
	c.OneOf("defaultActions[].fixedResponse.contentType", "text/plain", "text/css", "text/html", "application/javascript", "application/json")
	if len(At(c.In, "defaultActions[]")) == 0 && Has(c.In, "defaultActions") && !IsUnknown(c.In["defaultActions"]) {
		c.Fail("defaultActions", "at least one action is needed")
	}
	if p, ok := c.String("sslPolicy"); ok && !slices.Contains(tlsPolicies, strings.TrimPrefix(p, "ELBSecurityPolicy-")) {
		c.Fail("sslPolicy", "no predefined policy is called %q", p)
	}
	secure, known := c.String("protocol")
	if known && (secure == "HTTPS") != Has(c.In, "certificateArn") {
		c.Fail("certificateArn", "must be given for HTTPS listeners, and for no other of an application load balancer")
	}
	if known && secure != "HTTPS" && Has(c.In, "sslPolicy") {
		c.Fail("sslPolicy", "only HTTPS listeners have one")
	}
	for i, a := range Maps(c.In, "defaultActions[]") {
		checkAction(c, fmt.Sprintf("defaultActions[%d]", i), a)
	}
}

// checkAction refuses an action whose block is missing, and a redirect to itself (ELB API, RedirectActionConfig).
func checkAction(c *Checker, path string, a Map) {
	needs := map[string][]string{"forward": {"targetGroupArn", "forward"}, "redirect": {"redirect"}, "fixed-response": {"fixedResponse"}}
	kind := Str(a, "type")
	given := 0
	for _, p := range needs[kind] {
		if Has(a, p) {
			given++
		}
	}
	if len(needs[kind]) > 0 && given != 1 {
		c.Fail(path, "an action of type %s needs exactly one of %q", kind, needs[kind])
	}
	if redirect, ok := a["redirect"].(Map); ok {
		same := true
		for p, keeps := range map[string]string{"protocol": "#{protocol}", "host": "#{host}", "path": "/#{path}", "port": "#{port}"} {
			v, set := redirect[p]
			same = same && (!set || v == keeps)
		}
		if same {
			c.Fail(path+".redirect", "protocol, host, port or path must differ from the request's, or it loops")
		}
	}
}

func settleListener(t *Tx, r *Resource) error {
	for _, other := range t.All(typeListener) {
		if other.ID != r.ID && other.Str("loadBalancerArn") == r.Str("loadBalancerArn") && other.Int("port") == r.Int("port") {
			return Refuse("DuplicateListener", "facts 70", "A listener already exists on this port for this load balancer '%s'", r.Str("loadBalancerArn"))
		}
		for _, group := range forwards(r) {
			if other.Str("loadBalancerArn") != r.Str("loadBalancerArn") && slices.Contains(forwards(other), group) {
				return Refuse("TargetGroupAssociationLimit", "facts 68",
					"The following target groups cannot be associated with more than one load balancer: %s", group)
			}
		}
	}
	if cert, ok := t.Find(typeCertificate, "", r.Str("certificateArn")); ok {
		if cert.Str("status") != "ISSUED" {
			return Refuse("UnsupportedCertificate", "facts 69", "The certificate '%s' must have a fully-qualified domain name, a supported signature, and a supported key size.", cert.ID)
		}
		computed(r, Map{"sslPolicy": "ELBSecurityPolicy-2016-08"})
	}
	balancer, _ := t.Find(typeLoadBalancer, "", r.Str("loadBalancerArn"))
	for _, arn := range forwards(r) {
		if g, _ := t.Find(typeTargetGroup, "", arn); g.Str("vpcId") != balancer.Str("vpcId") {
			return Refuse("InvalidConfigurationRequest", "ELB API, CreateListener", "The following target groups are not in the load balancer's VPC: %s", arn)
		}
	}
	computed(r, Map{"protocol": "HTTP"})
	tagsAll(r)
	return nil
}
