package cloud

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

const typeListener = "aws:lb/listener:Listener"

const createListeners = "ELB API, CreateListener"

var missingTargets = Refusal{"TargetGroupNotFound", "Target groups '{value}' not found", createListeners}

var _ = register(&Kind{
	Type: typeListener, Service: elbService, Noun: "Listener",
	Replace:  []string{"loadBalancerArn"},
	Required: []string{"defaultActions"},
	Refs: []Ref{
		// Listeners go with their load balancer.
		{Path: "loadBalancerArn", To: typeLoadBalancer, Free: true, Missing: Refusal{"LoadBalancerNotFound", "Load balancer '{value}' not found", createListeners}},
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
		return settleListener(t, r, balancer)
	},
	Update: func(t *Tx, r *Resource, old Map) error {
		keep(r, old, "protocol")
		balancer, _ := t.Find(typeLoadBalancer, "", r.Str("loadBalancerArn"))
		return settleListener(t, r, balancer)
	},
})

// tlsPolicies are the predefined policies of application load balancers, which all begin with ELBSecurityPolicy-
// ("Security policies", User Guide for Application Load Balancers).
var tlsPolicies = strings.Fields(`2016-08 TLS-1-0-2015-04 TLS-1-1-2017-01 TLS-1-2-2017-01 TLS-1-2-Ext-2018-06 FS-2018-06 FS-1-1-2019-08
	FS-1-2-2019-08 FS-1-2-Res-2019-08 FS-1-2-Res-2020-10 TLS13-1-0-2021-06 TLS13-1-1-2021-06 TLS13-1-2-2021-06 TLS13-1-2-Res-2021-06
	TLS13-1-2-Ext1-2021-06 TLS13-1-2-Ext2-2021-06 TLS13-1-3-2021-06 TLS13-1-0-FIPS-2023-04 TLS13-1-1-FIPS-2023-04 TLS13-1-2-FIPS-2023-04
	TLS13-1-2-Res-FIPS-2023-04 TLS13-1-2-Ext0-FIPS-2023-04 TLS13-1-2-Ext1-FIPS-2023-04 TLS13-1-2-Ext2-FIPS-2023-04 TLS13-1-3-FIPS-2023-04`)

// defaultPolicy is what a listener gets whose creation names no policy (ELB API, CreateListener: SslPolicy).
const defaultPolicy = "ELBSecurityPolicy-2016-08"

// actionBlocks are the inputs that an action of a type needs one of.
var actionBlocks = map[string][]string{
	"forward": {"targetGroupArn", "forward"}, "redirect": {"redirect"}, "fixed-response": {"fixedResponse"},
}

func checkListener(c *Checker) {
	c.OneOf("protocol", "GENEVE", "HTTP", "HTTPS", "TCP", "TCP_UDP", "TLS", "UDP")
	c.Between("port", 1, 65535)
	c.Match("certificateArn", arnPattern, "an ARN")
	c.Match("loadBalancerArn", arnPattern, "an ARN")
	const actions = "defaultActions[]."
	c.OneOf(actions+"type", "forward", "redirect", "fixed-response", "authenticate-cognito", "authenticate-oidc")
	c.OneOf(actions+"redirect.statusCode", "HTTP_301", "HTTP_302")
	c.OneOf(actions+"redirect.protocol", "#{protocol}", "HTTP", "HTTPS")
	c.OneOf(actions+"fixedResponse.contentType", "text/plain", "text/css", "text/html", "application/javascript", "application/json")
	c.Match(actions+"targetGroupArn", arnPattern, "an ARN")
	c.Match(actions+"forward.targetGroups[].arn", arnPattern, "an ARN")
	c.Between(actions+"forward.targetGroups[].weight", 0, 999)
	c.Between(actions+"forward.stickiness.duration", 1, 604800)
	c.Between(actions+"order", 1, 50000)
	c.Unmodelled("alpnPolicy", "mutualAuthentication", "tcpIdleTimeoutSeconds", actions+"authenticateCognito", actions+"authenticateOidc")
	for name := range c.In {
		if strings.HasPrefix(name, "routingHttp") {
			c.Unmodelled(name)
		}
	}
	if list, known := c.In["defaultActions"].([]any); known && len(list) == 0 {
		c.Fail("defaultActions", "at least one action is needed")
	}
	for i, a := range Maps(c.In, "defaultActions[]") {
		checkAction(c, fmt.Sprintf("defaultActions[%d]", i), a)
	}
}

// checkAction refuses an action without the block that its type needs, or with another.
func checkAction(c *Checker, path string, a Map) {
	if needs, given := actionBlocks[Str(a, "type")], blocksOf(a); len(needs) > 0 && (len(given) != 1 || !contains(needs, given[0])) {
		c.Fail(path, "an action of type %s needs exactly one of %q, not %q", Str(a, "type"), needs, given)
	}
	if n := len(At(a, "forward.targetGroups[]")); Has(a, "forward") && (n < 1 || n > 5) {
		c.Fail(path+".forward.targetGroups", "expected 1 to 5 items, got %d", n)
	}
	if code, ok := known[string](a, "fixedResponse.statusCode"); ok && (len(code) != 3 || !strings.Contains("245", code[:1])) {
		c.Fail(path+".fixedResponse.statusCode", "must be 2XX, 4XX or 5XX, got %s", code)
	}
}

// blocksOf returns which inputs of an action say what to do.
func blocksOf(action Map) (given []string) {
	for _, p := range []string{"targetGroupArn", "forward", "redirect", "fixedResponse"} {
		if Has(action, p) {
			given = append(given, p)
		}
	}
	return given
}

func settleListener(t *Tx, r, balancer *Resource) error {
	tagsAll(r)
	computed(r, Map{"protocol": "HTTP"})
	if !Has(r.State, "port") {
		return Refuse("ValidationError", createListeners, "A port must be specified")
	}
	if protocol := r.Str("protocol"); protocol != "HTTP" && protocol != "HTTPS" {
		return Refuse("ValidationError", createListeners, "Listener protocol '%s' must be one of 'HTTPS, HTTP'", protocol)
	}
	for _, other := range t.All(typeListener) {
		if other.ID != r.ID && other.Str("loadBalancerArn") == balancer.ID && other.Int("port") == r.Int("port") {
			return Refuse("DuplicateListener", "facts 70", "A listener already exists on this port for this load balancer '%s'", balancer.ID)
		}
	}
	if err := settleTLS(t, r); err != nil {
		return err
	}
	actions := Maps(r.State, "defaultActions[]")
	if len(actions) != 1 {
		return Refuse("InvalidLoadBalancerAction", createListeners, "You must specify exactly one routing action: forward, redirect or fixed-response")
	}
	fill(actions[0], Map{"order": 1.0})
	if redirect, ok := actions[0]["redirect"].(Map); ok {
		return settleRedirect(r, redirect)
	}
	return settleForward(t, r, balancer)
}

// settleTLS checks what an HTTPS listener needs, and an HTTP one must not have.
func settleTLS(t *Tx, r *Resource) error {
	policy := r.Str("sslPolicy")
	if r.Str("protocol") == "HTTP" {
		if r.Str("certificateArn") != "" {
			return Refuse("ValidationError", createListeners, "A certificate cannot be specified for HTTP listeners")
		}
		if Str(r.Inputs, "sslPolicy") != "" {
			return Refuse("ValidationError", createListeners, "An SSL policy cannot be specified for HTTP listeners")
		}
		r.State["sslPolicy"] = ""
		return nil
	}
	cert, ok := t.Find(typeCertificate, "", r.Str("certificateArn"))
	switch {
	case !ok:
		return Refuse("ValidationError", createListeners, "A certificate must be specified for HTTPS listeners")
	case cert.Str("status") != "ISSUED":
		return Refuse("UnsupportedCertificate", "facts 69", "The certificate '%s' must have a fully-qualified domain name, a supported signature, and a supported key size.", cert.ID)
	case policy == "":
		r.State["sslPolicy"] = defaultPolicy
	case !contains(tlsPolicies, strings.TrimPrefix(policy, "ELBSecurityPolicy-")) || !strings.HasPrefix(policy, "ELBSecurityPolicy-"):
		return Refuse("SSLPolicyNotFound", createListeners, "SSL policy '%s' not found", policy)
	}
	return nil
}

// settleRedirect fills in the placeholders that keep a request's part, and refuses what ELB refuses (ELB API,
// RedirectActionConfig).
func settleRedirect(r *Resource, redirect Map) error {
	kept := Map{"protocol": "#{protocol}", "host": "#{host}", "port": "#{port}", "path": "/#{path}", "query": "#{query}"}
	fill(redirect, kept)
	refuse := func(format string, args ...any) error {
		return Refuse("InvalidLoadBalancerAction", "ELB API, RedirectActionConfig", format, args...)
	}
	same := func(part, request string) bool { v := Str(redirect, part); return v == Str(kept, part) || v == request }
	port, path := Str(redirect, "port"), Str(redirect, "path")
	number, err := strconv.Atoi(port)
	switch {
	case port != "#{port}" && (err != nil || number < 1 || number > 65535):
		return refuse("The redirect port '%s' must be '#{port}' or between 1 and 65535", port)
	case !strings.HasPrefix(path, "/"):
		return refuse("The Path parameter must be a valid path, should start with a '/', and may contain up to one of each of these placeholders: '#{path}', '#{host}', '#{port}'.")
	case r.Str("protocol") == "HTTPS" && Str(redirect, "protocol") == "HTTP":
		return refuse("You cannot redirect HTTPS to HTTP")
	case same("protocol", r.Str("protocol")) && same("host", "") && same("port", strconv.Itoa(r.Int("port"))) && same("path", "") && same("query", ""):
		return refuse("The redirect configuration is not valid because it creates a loop.")
	}
	return nil
}

// settleForward checks the target groups: in the load balancer's VPC, and no other load balancer's.
func settleForward(t *Tx, r, balancer *Resource) error {
	for _, g := range Maps(r.State, "defaultActions[].forward.targetGroups[]") {
		fill(g, Map{"weight": 1.0})
	}
	for _, arn := range forwards(r) {
		if g, _ := t.Find(typeTargetGroup, "", arn); g.Str("vpcId") != balancer.Str("vpcId") {
			return Refuse("InvalidConfigurationRequest", createListeners, "The following target groups are not in the load balancer's VPC: %s", arn)
		}
		for _, other := range balancersOf(t, arn) {
			if other != balancer.ID {
				return Refuse("TargetGroupAssociationLimit", "facts 68",
					"The following target groups cannot be associated with more than one load balancer: %s", arn)
			}
		}
	}
	return nil
}

// forwards returns the target groups that a listener sends to.
func forwards(l *Resource) []string {
	return slices.Concat(l.Strs("defaultActions[].targetGroupArn"), l.Strs("defaultActions[].forward.targetGroups[].arn"))
}
