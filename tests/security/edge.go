package security

import (
	"slices"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// recommended are the policies that ELB.17 accepts on application load balancers.
var recommended = []string{
	"ELBSecurityPolicy-TLS13-1-2-2021-06", "ELBSecurityPolicy-TLS13-1-2-Res-2021-06", "ELBSecurityPolicy-TLS13-1-3-2021-06",
	"ELBSecurityPolicy-TLS13-1-2-FIPS-2023-04", "ELBSecurityPolicy-TLS13-1-2-Res-FIPS-2023-04", "ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04",
}

// bucketHas is the check that each bucket has a setting, a resource of its own, that passes.
func bucketHas(typ string, passes func(cloud.Resource) bool) func(*Stack) []string {
	return each(bucket, func(s *Stack, b cloud.Resource) bool {
		settings := s.With(typ, "bucket", b.Str("bucket"))
		return len(settings) > 0 && !slices.ContainsFunc(settings, func(r cloud.Resource) bool { return !passes(r) })
	})
}

// blocked tests that nothing can make a bucket public.
func blocked(r cloud.Resource) bool {
	return r.Bool("blockPublicAcls") && r.Bool("blockPublicPolicy") && r.Bool("ignorePublicAcls") && r.Bool("restrictPublicBuckets")
}

// tlsOnly tests that a bucket's policy denies requests without TLS.
func tlsOnly(r cloud.Resource) bool {
	return slices.ContainsFunc(statements(r.Str("policy")), func(s statement) bool {
		return s.Effect == "Deny" && s.Principal == "*" && slices.Contains(s.Action, "s3:*") && len(s.Resource) == 2 &&
			slices.Equal(s.Condition["Bool"]["aws:SecureTransport"], list{"false"})
	})
}

// strangers tests that a bucket's policy gives other accounts nothing.
func strangers(r cloud.Resource) bool {
	return !slices.ContainsFunc(allows(r.Str("policy")), func(s statement) bool {
		who, _ := s.Principal.(map[string]any)
		return who == nil || who["AWS"] != nil
	})
}

var edge = []Control{
	{ID: "ELB.1", Title: "Application Load Balancer should be configured to redirect all HTTP requests to HTTPS", On: []string{balancer},
		Check: every(listener, func(r cloud.Resource) bool {
			return r.Str("protocol") != "HTTP" || r.Str("defaultActions[].type") == "redirect" && r.Str("defaultActions[].redirect.protocol") == "HTTPS"
		}),
		Met: "The listener for HTTP does nothing but redirect."},
	{ID: "ELB.4", Title: "Application Load Balancer should be configured to drop invalid http headers", On: []string{balancer},
		Check: every(balancer, on("dropInvalidHeaderFields")), Met: "Switched on."},
	{ID: "ELB.5", Title: "Application and Classic Load Balancers logging should be enabled", On: []string{balancer},
		Check: every(balancer, on("accessLogs.enabled")), Met: "To a bucket of its own."},
	{ID: "ELB.6", Title: "Application, Gateway, and Network Load Balancers should have deletion protection enabled", On: []string{balancer},
		Check: every(balancer, on("enableDeletionProtection")), Met: "While the stack is protected."},
	{ID: "ELB.12", Title: "Application Load Balancer should be configured with defensive or strictest desync mitigation mode", On: []string{balancer},
		Check: every(balancer, func(r cloud.Resource) bool {
			return slices.Contains([]string{"defensive", "strictest"}, r.Str("desyncMitigationMode"))
		}), Met: "Defensive."},
	{ID: "ELB.13", Title: "Application, Network and Gateway Load Balancers should span multiple Availability Zones", On: []string{balancer},
		Check: each(balancer, func(s *Stack, r cloud.Resource) bool { return s.zones(r.Strs("subnets[]")) > 1 }), Met: "It spans the public subnets of all zones."},
	{ID: "ELB.16", Title: "Application Load Balancers should be associated with an AWS WAF web ACL", Extra: true, On: []string{balancer},
		Check: each(balancer, func(s *Stack, r cloud.Resource) bool { return len(s.With(webACLTie, "resourceArn", r.Str("arn"))) > 0 }), Met: "A web ACL of its own."},
	{ID: "ELB.17", Title: "Application and Network Load Balancers with listeners should use recommended security policies", On: []string{listener},
		Check: every(listener, func(r cloud.Resource) bool {
			return r.Str("protocol") != "HTTPS" || slices.Contains(recommended, r.Str("sslPolicy"))
		}), Met: "TLS 1.3 and 1.2, nothing older."},
	{ID: "ELB.18", Title: "Application and Network Load Balancer listeners should use secure protocols to encrypt data in transit", On: []string{listener},
		Check: every(listener, is("protocol", "HTTPS")), Except: "The listener on port 80 carries no data: it answers everything with a redirect to HTTPS (ELB.1)."},
	{ID: "ACM.1", Title: "Imported and ACM-issued certificates should be renewed after a specified time period", On: []string{certificate},
		Check: every(certificate, func(r cloud.Resource) bool {
			return r.Str("validationMethod") == "DNS" && r.Str("type") == "AMAZON_ISSUED"
		}),
		Met: "Issued by ACM and validated through a record that stays, so that ACM renews it by itself; an alarm tells if it does not."},
	{ID: "ACM.2", Title: "RSA certificates managed by ACM should use a key length of at least 2,048 bits", On: []string{certificate},
		Check: every(certificate, func(r cloud.Resource) bool { return r.Str("keyAlgorithm") != "RSA_1024" }), Met: "RSA with 2048 bits."},
	{ID: "WAF.10", Title: "AWS WAF web ACLs should have at least one rule or rule group", On: []string{webACL},
		Check: every(webACL, func(r cloud.Resource) bool { return len(cloud.Maps(r.State, "rules[]")) > 0 }), Met: "A rate limit and AWS's managed groups."},
	{ID: "WAF.11", Title: "AWS WAF web ACL logging should be enabled", Extra: true, On: []string{webACL},
		Check: each(webACL, func(s *Stack, r cloud.Resource) bool { return len(s.With(webACLLogs, "resourceArn", r.Str("arn"))) > 0 }), Met: "What it refuses or counts goes to a log group."},
	{ID: "WAF.12", Title: "AWS WAF rules should have CloudWatch metrics enabled", On: []string{webACL},
		Check: every(webACL, func(r cloud.Resource) bool {
			on := cloud.At(r.State, "rules[].visibilityConfig.cloudwatchMetricsEnabled")
			return len(on) == len(cloud.Maps(r.State, "rules[]")) && !slices.Contains(on, any(false))
		}), Met: "Each rule counts."},
	{ID: "S3.1", Title: "S3 general purpose buckets should have block public access settings enabled", CIS: "2.1.4", On: []string{bucket},
		Check: bucketHas(bucketBlock, blocked), Met: "All four, on the bucket of access logs. The account's own settings are bootstrap's."},
	{ID: "S3.2", Title: "S3 general purpose buckets should block public read access", On: []string{bucket},
		Check: bucketHas(bucketPolicy, func(r cloud.Resource) bool { return !public(r.Str("policy")) }), Met: "The policy lets in the service that writes logs and nobody else."},
	{ID: "S3.3", Title: "S3 general purpose buckets should block public write access", On: []string{bucket},
		Check: bucketHas(bucketPolicy, func(r cloud.Resource) bool { return !public(r.Str("policy")) }), Met: "See S3.2."},
	{ID: "S3.5", Title: "S3 general purpose buckets should require requests to use SSL", CIS: "2.1.1", On: []string{bucket},
		Check: bucketHas(bucketPolicy, tlsOnly), Met: "The policy denies everything without TLS."},
	{ID: "S3.6", Title: "S3 general purpose bucket policies should restrict access to other AWS accounts", On: []string{bucket},
		Check: bucketHas(bucketPolicy, strangers), Met: "The policy allows a service, and no account."},
	{ID: "S3.8", Title: "S3 general purpose buckets should block public access", On: []string{bucket}, Check: bucketHas(bucketBlock, blocked), Met: "See S3.1."},
	{ID: "S3.9", Title: "S3 general purpose buckets should have server access logging enabled", On: []string{bucket},
		Check: bucketHas("aws:s3/bucketLoggingV2:BucketLoggingV2", func(cloud.Resource) bool { return true }), Except: "The bucket holds logs itself: logging who reads them would need a bucket without logs of its own."},
	{ID: "S3.12", Title: "ACLs should not be used to manage user access to S3 general purpose buckets", On: []string{bucket},
		Check: bucketHas(bucketOwner, is("rule.objectOwnership", "BucketOwnerEnforced")), Met: "ACLs are switched off."},
	{ID: "S3.13", Title: "S3 general purpose buckets should have Lifecycle configurations", On: []string{bucket},
		Check: bucketHas(bucketRules, func(r cloud.Resource) bool { return slices.Contains(r.Strs("rules[].status"), "Enabled") }), Met: "Logs expire as configured."},
	{ID: "S3.20", Title: "S3 general purpose buckets should have MFA delete enabled", CIS: "2.1.2", Extra: true, On: []string{bucket},
		Check:  bucketHas("aws:s3/bucketVersioningV2:BucketVersioningV2", is("versioningConfiguration.mfaDelete", "Enabled")),
		Except: "Only the account's root user can switch it on, by hand, and then logs could not expire; versions keep what is deleted for a week."},
	{ID: "Route53.2", Title: "Route 53 public hosted zones should log DNS queries", On: []string{zone}, Met: "-"},
	{ID: "S3.19", Title: "S3 access points should have block public access settings enabled", On: []string{"aws:s3/accessPoint:AccessPoint"}, Met: "-"},
	{ID: "S3.24", Title: "S3 Multi-Region Access Points should have block public access settings enabled", On: []string{"aws:s3control/multiRegionAccessPoint:MultiRegionAccessPoint"}, Met: "-"},
	{ID: "S3.25", Title: "S3 directory buckets should have lifecycle configurations", On: []string{"aws:s3/directoryBucket:DirectoryBucket"}, Met: "-"},
	{ID: "ELB.2", Title: "Classic Load Balancers with SSL/HTTPS listeners should use a certificate provided by AWS Certificate Manager", On: []string{classic}, Met: "-"},
	{ID: "ELB.3", Title: "Classic Load Balancer listeners should be configured with HTTPS or TLS termination", On: []string{classic}, Met: "-"},
	{ID: "ELB.7", Title: "Classic Load Balancers should have connection draining enabled", On: []string{classic}, Met: "-"},
	{ID: "ELB.8", Title: "Classic Load Balancers with SSL listeners should use a predefined security policy that has strong AWS Configuration", On: []string{classic}, Met: "-"},
	{ID: "ELB.9", Title: "Classic Load Balancers should have cross-zone load balancing enabled", On: []string{classic}, Met: "-"},
	{ID: "ELB.10", Title: "Classic Load Balancer should span multiple Availability Zones", On: []string{classic}, Met: "-"},
	{ID: "ELB.14", Title: "Classic Load Balancer should be configured with defensive or strictest desync mitigation mode", On: []string{classic}, Met: "-"},
}
