package cloud

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	typeCertificate = "aws:acm/certificate:Certificate"
	typeValidation  = "aws:acm/certificateValidation:CertificateValidation"
)

const (
	commonNameLimit = 64  // first name of a certificate (ACM API, RequestCertificate: DomainName is at most 253, the CN 64)
	nameLimit       = 10  // default quota of names in a certificate (ACM User Guide, "Quotas")
	domainLimit     = 253 // RFC 1035
)

// certificateDomain is what ACM takes as name, with a wildcard as leftmost label only (ACM API, RequestCertificate).
var certificateDomain = regexp.MustCompile(`^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

var _ = register(
	&Kind{
		Type: typeCertificate, Service: "ACM", Noun: "Certificate", CreateCall: "RequestCertificate", UpdateCall: "UpdateCertificateOptions",
		Replace: []string{"domainName", "subjectAlternativeNames", "validationMethod", "keyAlgorithm", "certificateAuthorityArn", "validationOptions"},
		InUse:   Refusal{"ResourceInUseException", "Certificate {id} in account is in use.", "facts 72"},
		Check:   checkCertificate, Create: createCertificate,
		Update: func(_ *Tx, r *Resource, _ Map) error { tagsAll(r); return nil },
	},
	&Kind{
		Type: typeValidation, Service: "ACM", Noun: "CertificateValidation", CreateCall: "DescribeCertificate",
		Replace:  []string{"certificateArn", "validationRecordFqdns"},
		Required: []string{"certificateArn"},
		Refs: []Ref{{Path: "certificateArn", To: typeCertificate, Free: true, // it is no resource of AWS, only a wait
			Missing: Refusal{"ResourceNotFoundException", "Could not find certificate {value}.", "ACM API, DescribeCertificate"}}},
		Create: validateCertificate,
	},
)

func checkCertificate(c *Checker) {
	c.OneOf("validationMethod", "DNS", "EMAIL")
	c.OneOf("keyAlgorithm", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1", "RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096")
	for _, p := range []string{"privateKey", "certificateBody", "certificateChain", "certificateAuthorityArn"} {
		if Has(c.In, p) {
			c.Fail(p, "the offline AWS issues certificates itself; importing one is not part of it")
		}
	}
	if !Has(c.In, "domainName") {
		c.Fail("domainName", "missing required property")
	}
	if !Has(c.In, "validationMethod") {
		c.Fail("validationMethod", "missing required property")
	}
	for _, p := range []string{"domainName", "subjectAlternativeNames[]"} {
		for _, name := range Strs(c.In, p) {
			if strings.HasSuffix(name, ".") {
				c.Fail(p, "%q cannot end with a period", name)
			} else if !certificateDomain.MatchString(strings.ToLower(name)) || len(name) > domainLimit {
				c.Fail(p, "%q is not a domain name", name)
			}
		}
	}
	if name, ok := c.String("domainName"); ok && len(name) > commonNameLimit {
		c.Fail("domainName", "the first domain name can have no more than %d characters: %q", commonNameLimit, name)
	}
}

func createCertificate(t *Tx, r *Resource) error {
	names := []string{strings.ToLower(r.Str("domainName"))}
	for _, n := range r.Strs("subjectAlternativeNames[]") {
		if !slices.Contains(names, strings.ToLower(n)) {
			names = append(names, strings.ToLower(n))
		}
	}
	if len(names) > nameLimit {
		return Refuse("LimitExceededException", "ACM User Guide, Quotas", "Error: Cannot request more domain names than %d", nameLimit)
	}
	r.ID = t.ARN("acm", "certificate/"+t.UUID())
	options := List[any]()
	for _, n := range names {
		record, value := validationRecord(t.Account(), n)
		options = append(options, Map{"domainName": n, "resourceRecordName": record, "resourceRecordType": "CNAME", "resourceRecordValue": value})
	}
	computed(r, Map{
		"arn": r.ID, "status": "PENDING_VALIDATION", "domainValidationOptions": options, "type": "AMAZON_ISSUED", "keyAlgorithm": "RSA_2048",
		"renewalEligibility": "INELIGIBLE", "pendingRenewal": false, "validationEmails": List[any](), "renewalSummaries": List[any](),
		"notBefore": "", "notAfter": "",
		"options": Map{"certificateTransparencyLoggingPreference": "ENABLED"},
	})
	r.State["subjectAlternativeNames"] = List(names...)
	tagsAll(r)
	return nil
}

// validationRecord returns the record that proves a name. It is the same for every certificate of the account that
// holds the name, in all regions (ACM User Guide, "DNS validation").
func validationRecord(account, name string) (record, value string) {
	name = strings.TrimPrefix(name, "*.")
	digest := func(salt string) string {
		sum := sha256.Sum256([]byte(salt + account + name))
		return hex.EncodeToString(sum[:16])
	}
	return "_" + digest("name") + "." + name + ".", "_" + digest("value") + "." + digest("zone")[:10] + ".acm-validations.aws."
}

// certificateLife is how long a certificate that ACM issues is valid (ACM User Guide, "Characteristics": 198 days since
// 2026, 13 months before).
const certificateLife = 198 * 24 * time.Hour

// validateCertificate is the provider's wait for ACM, which issues once every name's record is in public DNS.
func validateCertificate(t *Tx, r *Resource) error {
	cert, _ := t.Find(typeCertificate, "", r.Str("certificateArn"))
	if cert.Str("validationMethod") != "DNS" {
		return Refuse("ValidationError", "facts 73", "certificate %s is validated by %s; nobody reads that mail offline", cert.ID, cert.Str("validationMethod"))
	}
	given := map[string]bool{}
	for _, f := range r.Strs("validationRecordFqdns[]") {
		given[domain(f)] = true
	}
	for _, o := range Maps(cert.State, "domainValidationOptions[]") {
		name := domain(Str(o, "resourceRecordName"))
		if Has(r.State, "validationRecordFqdns") && !given[name] {
			return Refuse("ValidationError", "facts 73", "missing %s DNS validation record: %s", Str(o, "domainName"), name)
		}
		if !resolves(t, name, Str(o, "resourceRecordValue")) {
			return Refuse("ValidationError", "facts 73", "waiting for ACM Certificate (%s) to be issued: timeout while waiting for state to become 'ISSUED' "+
				"(last state: 'PENDING_VALIDATION', timeout: 1h15m0s): %s is not in DNS", cert.ID, name)
		}
	}
	r.ID = cert.ID + " issued " + t.Hex(8) // of the provider's own making: there is no such thing in AWS
	if cert.Str("status") != "ISSUED" {
		cert.State["status"] = "ISSUED"
		cert.State["notBefore"] = t.Now().Format(time.RFC3339)
		cert.State["notAfter"] = t.Now().Add(certificateLife).Format(time.RFC3339)
		cert.State["renewalEligibility"] = "ELIGIBLE"
		t.Save(cert)
	}
	return nil
}

// resolves reports whether a public zone of the account answers name with a CNAME to value.
func resolves(t *Tx, name, value string) bool {
	return slices.ContainsFunc(t.All(typeRecord), func(r *Resource) bool {
		return r.Str("type") == "CNAME" && domain(r.Str("fqdn")) == name &&
			slices.ContainsFunc(r.Strs("records[]"), func(v string) bool { return domain(v) == domain(value) })
	})
}
