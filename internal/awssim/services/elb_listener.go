package services

import (
	"slices"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

const typeListener = "aws:lb/listener:Listener"

var noSuchCertificate = cloud.Refusal{Code: "CertificateNotFound", Message: "Certificate '{value}' not found", Rule: "facts 69", Retry: 5 * time.Minute}

var missingTargets = cloud.Refusal{Code: "TargetGroupNotFound", Message: "Target groups '{value}' not found", Rule: "ELB API, CreateListener"}

var _ = cloud.Register(&cloud.Kind{
	Type: typeListener, Service: "Elastic Load Balancing v2", Noun: "Listener",
	Unmodelled: strings.Fields(`
		alpnPolicy mutualAuthentication tcpIdleTimeoutSeconds defaultActions[].authenticateCognito
		defaultActions[].authenticateOidc`),
	Refs: []cloud.Ref{
		// Listeners go with their load balancer.
		{Path: "loadBalancerArn", To: typeLoadBalancer, Free: true, Missing: cloud.Refusal{Code: "LoadBalancerNotFound", Message: "Load balancer '{value}' not found", Rule: "ELB API, CreateListener"}},
		{Path: "certificateArn", To: typeCertificate, Missing: noSuchCertificate, Unseen: noSuchCertificate},
		{Path: "defaultActions[].targetGroupArn", To: typeTargetGroup, Missing: missingTargets},
		{Path: "defaultActions[].forward.targetGroups[].arn", To: typeTargetGroup, Missing: missingTargets},
	},
	Quota: &cloud.Quota{Max: 50, Per: "loadBalancerArn", Refusal: cloud.Refusal{Code: "TooManyListeners", Message: "The maximum number of listeners has been reached.", Rule: "facts 21"}},
	Check: checkListener,
	Create: func(t *cloud.Tx, r *cloud.Resource) error {
		balancer, _ := t.Find(typeLoadBalancer, "", r.Str("loadBalancerArn"))
		r.ID = strings.Replace(balancer.ID, ":loadbalancer/", ":listener/", 1) + "/" + t.Hex(16)
		r.State["arn"] = r.ID
		return applyListener(t, r)
	},
	Update: func(t *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { return applyListener(t, r) },
	Timing: cloud.Timing{Create: cloud.Secs(1, 0, 1), Update: cloud.Secs(1, 0, 1), Delete: cloud.Secs(0.5, 0, 1),
		Limit: cloud.LimitMinutes(5, 5, 0), Source: "facts, section 1: listener, 2 logs"},
	Calls: cloud.Calls{Create: "elasticloadbalancing:CreateListener elasticloadbalancing:AddTags", Read: "elasticloadbalancing:DescribeListeners elasticloadbalancing:DescribeListenerAttributes elasticloadbalancing:DescribeTags",
		Update: "elasticloadbalancing:ModifyListener elasticloadbalancing:ModifyListenerAttributes elasticloadbalancing:AddTags elasticloadbalancing:RemoveTags", Remove: "elasticloadbalancing:DeleteListener"},
	TaggedAs: "elasticloadbalancing:listener/",
})

// tlsPolicies are the predefined policies of application load balancers that begin with ELBSecurityPolicy- ("Security
// policies", User Guide for Application Load Balancers).
var tlsPolicies = strings.Fields(`2016-08 TLS-1-0-2015-04 TLS-1-1-2017-01 TLS-1-2-2017-01 TLS-1-2-Ext-2018-06 FS-2018-06 FS-1-1-2019-08
	FS-1-2-2019-08 FS-1-2-Res-2019-08 FS-1-2-Res-2020-10 TLS13-1-0-2021-06 TLS13-1-1-2021-06 TLS13-1-2-2021-06 TLS13-1-2-Res-2021-06
	TLS13-1-2-Ext1-2021-06 TLS13-1-2-Ext2-2021-06 TLS13-1-3-2021-06`)

func checkListener(c *cloud.Checker) {
	checkActions(c, "defaultActions")
}

// applyListener holds the rules that ELB has for creating and for changing a listener.
func applyListener(t *cloud.Tx, r *cloud.Resource) error {
	cloud.Computed(r, cloud.Map{"protocol": "HTTP"}) // the provider's own default for application load balancers
	for _, rule := range []func(*cloud.Tx, *cloud.Resource) error{listenerPort, listenerProtocol, listenerCertificate} {
		if err := rule(t, r); err != nil {
			return err
		}
	}
	if err := applyActions(t, r, "defaultActions", r.Str("loadBalancerArn")); err != nil {
		return err
	}
	return nil
}

func listenerPort(t *cloud.Tx, r *cloud.Resource) error {
	if r.Int("port") == 0 {
		return cloud.Refuse("ValidationError", "ELB API, CreateListener: Port", "A listener port must be specified")
	}
	for _, other := range t.All(typeListener) {
		if other.ID != r.ID && other.Str("loadBalancerArn") == r.Str("loadBalancerArn") && other.Int("port") == r.Int("port") {
			return cloud.Refuse("DuplicateListener", "facts 70", "A listener already exists on this port for this load balancer '%s'", r.Str("loadBalancerArn"))
		}
	}
	return nil
}

// listenerProtocol ties the certificate and the TLS policy to HTTPS.
func listenerProtocol(_ *cloud.Tx, r *cloud.Resource) error {
	const rule = "ELB API, CreateListener: Protocol, Certificates and SslPolicy"
	protocol := r.Str("protocol")
	switch secure := protocol == "HTTPS"; {
	case !secure && protocol != "HTTP":
		return cloud.Refuse("ValidationError", rule, "Listener protocol '%s' must be one of 'HTTPS, HTTP'", protocol)
	case secure && r.Str("certificateArn") == "":
		return cloud.Refuse("ValidationError", rule, "A certificate must be specified for HTTPS listeners")
	case !secure && r.Str("certificateArn") != "":
		return cloud.Refuse("ValidationError", rule, "A certificate cannot be specified for HTTP listeners")
	case !secure && r.Str("sslPolicy") != "":
		return cloud.Refuse("ValidationError", rule, "An SSL policy cannot be specified for HTTP listeners")
	}
	return nil
}

func listenerCertificate(t *cloud.Tx, r *cloud.Resource) error {
	cert, ok := t.Find(typeCertificate, "", r.Str("certificateArn"))
	if !ok {
		return nil
	}
	if cert.Str("status") != "ISSUED" {
		return cloud.Refuse("UnsupportedCertificate", "facts 69",
			"The certificate '%s' must have a fully-qualified domain name, a supported signature, and a supported key size.", cert.ID)
	}
	cloud.Computed(r, cloud.Map{"sslPolicy": "ELBSecurityPolicy-2016-08"})
	if policy := r.Str("sslPolicy"); !slices.Contains(tlsPolicies, strings.TrimPrefix(policy, "ELBSecurityPolicy-")) {
		return cloud.Refuse("SSLPolicyNotFound", "ELB API, CreateListener: SslPolicy", "SSL policy '%s' not found", policy)
	}
	return nil
}
