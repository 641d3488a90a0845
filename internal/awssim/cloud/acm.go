package cloud

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/acm"

	"github.com/deepstreamhub/platform/internal/awssim/documents"
	"github.com/deepstreamhub/platform/internal/awssim/schema"
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

var _ = register(
	&Kind{
		Type: typeCertificate, Service: "ACM", Noun: "Certificate", CreateCall: "RequestCertificate", UpdateCall: "UpdateCertificateOptions",
		Keys:  []string{"arn"},
		InUse: Refusal{"ResourceInUseException", "Certificate {id} in account is in use.", "facts 72"},
		Quota: &Quota{Max: 2500, Refusal: Refusal{"LimitExceededException", "Error: you have reached your limit of {value} certificates.", "ACM User Guide, quotas"}},
		Check: checkCertificate, Create: createCertificate,
		Update: func(_ *Tx, r *Resource, old Map) error {
			keep(r, old, "options")
			applyCertificateOptions(r)
			tagsAll(r)
			return nil
		},
		Delete: func(t *Tx, r *Resource) error {
			removeAll(t, typeValidation, "certificateArn", r.ID)
			return nil
		},
		Schema: schema.Of(acm.Certificate{}, acm.CertificateArgs{}),
		Timing: Timing{Create: secs(8, 3, 11), Update: secs(1, 0, 1), Delete: secs(1, 0, 1),
			Source: "facts, section 1: ACM certificate, 1 issue; rule 72 holds it"},
		Propagation: secs(1, 0, 5),
		Calls: Calls{"acm:RequestCertificate acm:AddTagsToCertificate", "acm:DescribeCertificate acm:ListTagsForCertificate",
			"acm:UpdateCertificateOptions acm:AddTagsToCertificate acm:RemoveTagsFromCertificate", "acm:DeleteCertificate"},
		TaggedAs: "acm:certificate/",
	},
	&Kind{
		Type: typeValidation, Service: "ACM", Noun: "CertificateValidation", CreateCall: "DescribeCertificate", Overwrites: true,
		Refs: []Ref{{Path: "certificateArn", To: typeCertificate, Free: true, // it is no resource of AWS, only a wait
			Missing: Refusal{"ResourceNotFoundException", "Could not find certificate {value}.", "ACM API, DescribeCertificate"}}},
		Create: validateCertificate,
		Schema: schema.Of(acm.CertificateValidation{}, acm.CertificateValidationArgs{}),
		Timing: Timing{Create: secs(60, 0, 300), Delete: secs(0, 0, 0),
			Limit: most(75, 0, 0), Source: "facts, section 1: certificate validation, 2 logs; ACM says 30 minutes and more"},
		Calls:    Calls{"", "acm:DescribeCertificate", "", ""},
		NoImport: true,
	},
)

func checkCertificate(c *Checker) {
	for _, p := range []string{"domainName", "subjectAlternativeNames[]"} {
		for _, name := range Strs(c.In, p) {
			if strings.HasSuffix(name, ".") {
				c.Fail(p, "%q cannot end with a period", name)
			}
		}
	}
	if Has(c.In, "domainName") && !Has(c.In, "validationMethod") {
		c.Fail("validationMethod", "`certificate_authority_arn` or `validation_method` must be set when creating an ACM certificate")
	}
	if method, _ := c.String("validationMethod"); method == "EMAIL" || method == "HTTP" {
		c.Fail("validationMethod", "the offline AWS validates certificates through DNS only")
	}
	// Imported certificates and those of private authorities are not issued by ACM.
	c.Unmodelled("certificateAuthorityArn", "certificateBody", "certificateChain", "privateKey", "earlyRenewalDuration", "validationOptions")
}

func createCertificate(t *Tx, r *Resource) error {
	names := []string{r.Str("domainName")}
	for _, n := range r.Strs("subjectAlternativeNames[]") {
		if !contains(names, n) {
			names = append(names, n)
		}
	}
	if err := certificateNames(names); err != nil {
		return err
	}
	computed(r, Map{"keyAlgorithm": "RSA_2048"})
	if !documents.OneOf(r.Str("keyAlgorithm"), "RSA_2048 EC_prime256v1 EC_secp384r1") {
		return Refuse("ValidationException", "ACM User Guide, certificate characteristics", "%s is not supported for public certificates", r.Str("keyAlgorithm"))
	}
	r.ID = t.ARN("acm", "certificate/"+t.UUID())
	options := []any{}
	for _, n := range names {
		record, value := validationRecord(t.Account(), n)
		options = append(options, Map{"domainName": n, "resourceRecordName": record, "resourceRecordType": "CNAME", "resourceRecordValue": value})
	}
	computed(r, Map{
		"arn": r.ID, "status": "PENDING_VALIDATION", "domainValidationOptions": options, "type": "AMAZON_ISSUED",
		"renewalEligibility": "INELIGIBLE", "pendingRenewal": false, "validationEmails": []any{}, "renewalSummaries": []any{},
		"notBefore": "", "notAfter": "",
	})
	slices.Sort(names)
	r.State["subjectAlternativeNames"] = List(names...) // with the first, as ACM has them
	applyCertificateOptions(r)
	tagsAll(r)
	return nil
}

func applyCertificateOptions(r *Resource) {
	computed(r, Map{"options": Map{}})
	fill(first[Map](r.State, "options"), Map{"certificateTransparencyLoggingPreference": "ENABLED"})
}

// certificateNames refuses what ACM takes for no name; the first is the one asked for as domain name.
func certificateNames(names []string) error {
	for i, n := range names {
		if !certificateDomain.MatchString(n) {
			return Refuse("ValidationException", requestCertificate, "1 validation error detected: Value '%s' at 'domainName' failed to satisfy constraint: "+
				"Member must satisfy regular expression pattern for domain names", n)
		}
		if limit := map[bool]int{true: firstNameLimit, false: domainLimit}[i == 0]; len(n) > limit {
			return Refuse("ValidationException", requestCertificate, "The first domain name can be no longer than %d characters: '%s'", limit, n)
		}
	}
	if len(names) > namesLimit {
		return Refuse("LimitExceededException", "ACM User Guide, quotas", "Error: you have reached your limit of %d domain names per certificate.", namesLimit)
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
func validateCertificate(t *Tx, r *Resource) error {
	cert, _ := t.Find(typeCertificate, "", r.Str("certificateArn"))
	given := map[string]bool{}
	for _, f := range r.Strs("validationRecordFqdns[]") {
		given[domain(f)] = true
	}
	var missing, unresolved []error
	for _, o := range Maps(cert.State, "domainValidationOptions[]") {
		name := domain(Str(o, "resourceRecordName"))
		if len(given) > 0 && !given[name] {
			missing = append(missing, fmt.Errorf("missing %s DNS validation record: %s", Str(o, "domainName"), name))
		}
		if !resolves(t, name, Str(o, "resourceRecordValue")) {
			unresolved = append(unresolved, fmt.Errorf("%s is not in DNS with the value %s", name, Str(o, "resourceRecordValue")))
		}
	}
	if len(missing) > 0 {
		return Refuse("MissingValidationRecord", "facts 73", "%v", errors.Join(missing...))
	}
	if cert.Str("status") != "ISSUED" {
		if len(unresolved) > 0 {
			return Refuse("PENDING_VALIDATION", "facts 73", "waiting for ACM Certificate (%s) to be issued: timeout while waiting for state to become 'ISSUED' "+
				"(last state: 'PENDING_VALIDATION', timeout: 1h15m0s): %v", cert.ID, errors.Join(unresolved...))
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
func waitID(t *Tx, cert *Resource) string {
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
func resolves(t *Tx, name, value string) bool {
	return slices.ContainsFunc(t.All(typeRecord), func(r *Resource) bool {
		zone, ok := t.Find(typeZone, "", r.Str("zoneId"))
		return ok && !isPrivate(zone) && r.Str("type") == "CNAME" && r.Str("fqdn") == name &&
			slices.ContainsFunc(r.Strs("records[]"), func(v string) bool { return domain(v) == domain(value) })
	})
}
