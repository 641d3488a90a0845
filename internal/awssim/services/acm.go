package services

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/documents"
)

const (
	typeCertificate = "aws:acm/certificate:Certificate"
	typeValidation  = "aws:acm/certificateValidation:CertificateValidation"
)

const (
	requestCertificate = "ACM API, RequestCertificate"
	firstNameLimit     = 64  // characters of a certificate's first name, dots included
	domainLimit        = 253 // characters of any other
	namesLimit         = 10  // names in one certificate (ACM User Guide, "Quotas")
)

// certificateDomain is what ACM takes as name, with a wildcard as whole leftmost label only (ACM API,
// RequestCertificate).
var certificateDomain = regexp.MustCompile(`^(\*\.)?([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])$`)

var _ = cloud.Register(
	&cloud.Kind{
		Type: typeCertificate, Service: "ACM", Noun: "Certificate", CreateCall: "RequestCertificate", UpdateCall: "UpdateCertificateOptions",
		Keys:  []string{"arn"},
		InUse: cloud.Refusal{Code: "ResourceInUseException", Message: "Certificate {id} in account is in use.", Rule: "facts 72", Retry: 20 * time.Minute},
		Quota: &cloud.Quota{Max: 2500, Refusal: cloud.Refusal{Code: "LimitExceededException", Message: "Error: you have reached your limit of {value} certificates.", Rule: "ACM User Guide, quotas"}},
		Check: checkCertificate, Create: createCertificate,
		Update: func(_ *cloud.Tx, r *cloud.Resource, _ cloud.Map) error {
			applyCertificateOptions(r)
			return nil
		},
		Delete: func(t *cloud.Tx, r *cloud.Resource) error {
			removeAll(t, typeValidation, "certificateArn", r.ID)
			return nil
		},
		Timing: cloud.Timing{Create: cloud.Secs(8, 3, 11), Update: cloud.Secs(1, 0, 1), Delete: cloud.Secs(1, 0, 1),
			Source: "facts, section 1: ACM certificate, 1 issue; rule 72 holds it"},
		Propagation: cloud.Secs(1, 0, 5),
		Calls: cloud.Calls{Create: "acm:RequestCertificate acm:AddTagsToCertificate", Read: "acm:DescribeCertificate acm:ListTagsForCertificate",
			Update: "acm:UpdateCertificateOptions acm:AddTagsToCertificate acm:RemoveTagsFromCertificate", Remove: "acm:DeleteCertificate"},
		TaggedAs: "acm:certificate/",
	},
	&cloud.Kind{
		Type: typeValidation, Service: "ACM", Noun: "CertificateValidation", CreateCall: "DescribeCertificate", Overwrites: true,
		Refs: []cloud.Ref{{Path: "certificateArn", To: typeCertificate, Free: true, // it is no resource of AWS, only a wait
			Missing: cloud.Refusal{Code: "ResourceNotFoundException", Message: "Could not find certificate {value}.", Rule: "ACM API, DescribeCertificate"}}},
		Create: validateCertificate,
		Timing: cloud.Timing{Create: cloud.Secs(60, 0, 300), Delete: cloud.Secs(0, 0, 0),
			Limit: cloud.LimitMinutes(75, 0, 0), Source: "facts, section 1: certificate validation, 2 logs; ACM says 30 minutes and more"},
		Calls:    cloud.Calls{Create: "", Read: "acm:DescribeCertificate", Update: "", Remove: ""},
		NoImport: true,
	},
)

func checkCertificate(c *cloud.Checker) {
	for _, p := range []string{"domainName", "subjectAlternativeNames[]"} {
		for _, name := range cloud.Strs(c.In, p) {
			if strings.HasSuffix(name, ".") {
				c.Fail(p, "%q cannot end with a period", name)
			}
		}
	}
	if cloud.Has(c.In, "domainName") && !cloud.Has(c.In, "validationMethod") {
		c.Fail("validationMethod", "`certificate_authority_arn` or `validation_method` must be set when creating an ACM certificate")
	}
	if method, _ := c.String("validationMethod"); method == "EMAIL" || method == "HTTP" {
		c.Fail("validationMethod", "the offline AWS validates certificates through DNS only")
	}
	// Imported certificates and those of private authorities are not issued by ACM.
	c.Unmodelled("certificateAuthorityArn", "certificateBody", "certificateChain", "privateKey", "earlyRenewalDuration", "validationOptions")
}

func createCertificate(t *cloud.Tx, r *cloud.Resource) error {
	names := []string{r.Str("domainName")}
	for _, n := range r.Strs("subjectAlternativeNames[]") {
		if !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	if err := certificateNames(names); err != nil {
		return err
	}
	cloud.Computed(r, cloud.Map{"keyAlgorithm": "RSA_2048"})
	if !documents.OneOf(r.Str("keyAlgorithm"), "RSA_2048 EC_prime256v1 EC_secp384r1") {
		return cloud.Refuse("ValidationException", "ACM User Guide, certificate characteristics", "%s is not supported for public certificates", r.Str("keyAlgorithm"))
	}
	r.ID = t.ARN("acm", "certificate/"+t.UUID())
	options := []any{}
	for _, n := range names {
		record, value := validationRecord(t.Account(), n)
		options = append(options, cloud.Map{"domainName": n, "resourceRecordName": record, "resourceRecordType": "CNAME", "resourceRecordValue": value})
	}
	cloud.Computed(r, cloud.Map{
		"arn": r.ID, "status": "PENDING_VALIDATION", "domainValidationOptions": options, "type": "AMAZON_ISSUED",
		"renewalEligibility": "INELIGIBLE", "pendingRenewal": false, "validationEmails": []any{}, "renewalSummaries": []any{},
		"notBefore": "", "notAfter": "",
	})
	slices.Sort(names)
	r.State["subjectAlternativeNames"] = cloud.List(names...) // with the first, as ACM has them
	applyCertificateOptions(r)
	return nil
}

func applyCertificateOptions(r *cloud.Resource) {
	cloud.Computed(r, cloud.Map{"options": cloud.Map{}})
	fill(cloud.First[cloud.Map](r.State, "options"), cloud.Map{"certificateTransparencyLoggingPreference": "ENABLED"})
}

// certificateNames refuses what ACM takes for no name; the first is the one asked for as domain name.
func certificateNames(names []string) error {
	for i, n := range names {
		if !certificateDomain.MatchString(n) {
			return cloud.Refuse("ValidationException", requestCertificate, "1 validation error detected: Value '%s' at 'domainName' failed to satisfy constraint: "+
				"Member must satisfy regular expression pattern for domain names", n)
		}
		if limit := map[bool]int{true: firstNameLimit, false: domainLimit}[i == 0]; len(n) > limit {
			return cloud.Refuse("ValidationException", requestCertificate, "The first domain name can be no longer than %d characters: '%s'", limit, n)
		}
	}
	if len(names) > namesLimit {
		return cloud.Refuse("LimitExceededException", "ACM User Guide, quotas", "Error: you have reached your limit of %d domain names per certificate.", namesLimit)
	}
	return nil
}

// validationRecord returns the record that proves a name. It is the same for every certificate of the account that
// holds the name, in all regions, and for a wildcard and what it stands under (ACM User Guide, "DNS validation").
func validationRecord(account, name string) (record, value string) {
	name = strings.ToLower(strings.TrimPrefix(name, "*."))
	digest := func(salt string) string {
		sum := sha256.Sum256([]byte(salt + "/" + account + "/" + name))
		return hex.EncodeToString(sum[:16])
	}
	return "_" + digest("name") + "." + name + ".", "_" + digest("value") + "." + digest("zone")[:10] + ".acm-validations.aws."
}

// certificateLife is how long a certificate that ACM issues is valid (ACM User Guide, "ACM public certificate
// characteristics": 198 days, 13 months before 2026).
const certificateLife = 198 * 24 * time.Hour

// validateCertificate is the provider's wait for ACM, which issues once every name's record is in public DNS. A record
// that goes later takes nothing back.
func validateCertificate(t *cloud.Tx, r *cloud.Resource) error {
	cert, _ := t.Find(typeCertificate, "", r.Str("certificateArn"))
	given := map[string]bool{}
	for _, f := range r.Strs("validationRecordFqdns[]") {
		given[domain(f)] = true
	}
	var missing, unresolved []error
	for _, o := range cloud.Maps(cert.State, "domainValidationOptions[]") {
		name := domain(cloud.Str(o, "resourceRecordName"))
		if len(given) > 0 && !given[name] {
			missing = append(missing, fmt.Errorf("missing %s DNS validation record: %s", cloud.Str(o, "domainName"), name))
		}
		if !resolves(t, name, cloud.Str(o, "resourceRecordValue")) {
			unresolved = append(unresolved, fmt.Errorf("%s is not in DNS with the value %s", name, cloud.Str(o, "resourceRecordValue")))
		}
	}
	if len(missing) > 0 {
		return cloud.Refuse("MissingValidationRecord", "facts 73", "%v", errors.Join(missing...))
	}
	if cert.Str("status") != "ISSUED" {
		if len(unresolved) > 0 {
			return cloud.Refuse("PENDING_VALIDATION", "facts 73", "waiting for ACM Certificate (%s) to be issued: timeout while waiting for state to become 'ISSUED' "+
				"(last state: 'PENDING_VALIDATION', timeout: 1h15m0s): %v", cert.ID, errors.Join(unresolved...)).For(75 * time.Minute)
		}
		cert.State["status"] = "ISSUED"
		cert.State["notBefore"] = t.Now().Format(time.RFC3339)
		cert.State["notAfter"] = t.Now().Add(certificateLife).Format(time.RFC3339)
		t.Save(cert)
	}
	r.ID = waitID(t, cert)
	return nil
}

// waitID returns the id of a wait: the provider takes the certificate's time of issue, so that two waits for one are the
// same. Those for two certificates are told apart here.
func waitID(t *cloud.Tx, cert *cloud.Resource) string {
	for _, other := range t.All(typeValidation) {
		if other.Str("certificateArn") == cert.ID {
			return other.ID
		}
	}
	for at := t.Now().UTC().Truncate(time.Second); ; at = at.Add(time.Second) {
		if _, taken := t.Find(typeValidation, "", at.String()); !taken {
			return at.String()
		}
	}
}

// resolves reports whether a public zone of the account answers name with a CNAME to value.
func resolves(t *cloud.Tx, name, value string) bool {
	return slices.ContainsFunc(t.All(typeRecord), func(r *cloud.Resource) bool {
		zone, ok := t.Find(typeZone, "", r.Str("zoneId"))
		return ok && !isPrivate(zone) && r.Str("type") == "CNAME" && r.Str("fqdn") == name &&
			slices.ContainsFunc(r.Strs("records[]"), func(v string) bool { return domain(v) == domain(value) })
	})
}
