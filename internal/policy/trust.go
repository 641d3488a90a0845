package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Source narrows on whose behalf a service may take a role, so that nobody else's resources can make the service act
// with it (IAM User Guide, "The confused deputy problem").
type Source struct {
	Account string // account id, compared with aws:SourceAccount
	ARN     string // optional ARN pattern of the resource the service acts for, compared with aws:SourceArn
}

// sourceless are the services that send neither aws:SourceAccount nor aws:SourceArn when they take a role: a condition
// on them would lock the role for good. An instance profile is safe without, because passing the role to an instance
// takes iam:PassRole in the role's own account.
var sourceless = []string{"ec2.amazonaws.com", "ec2.amazonaws.com.cn"}

// unsaid are the services of which AWS does not say whether they send a source when they take a role: AWS Backup's page
// ("Cross-service confused deputy prevention", AWS Backup Developer Guide) speaks of what it hands to other services. If
// they do, the conditions narrow; if not, plain ones would never hold and the role would be locked for good. Of S3
// replication the trust policy that AWS gives has no condition ("Setting up permissions for live replication", S3 User
// Guide), though its inventory and its notifications send both.
var unsaid = []string{"backup.amazonaws.com", "s3.amazonaws.com"}

// TrustService is the trust document that lets one AWS service take a role, for its own account's resources only.
// Services that send no source (EC2, for instance profiles) have to be given the zero Source; all others are refused
// without an account.
func TrustService(service string, from Source) (Document, error) {
	sendsNone := slices.Contains(sourceless, service)
	switch {
	case sendsNone && from != Source{}:
		return Document{}, fmt.Errorf("trust %s: it sends no source when it takes a role, so the conditions would never hold", service)
	case !sendsNone && !accountPattern.MatchString(from.Account):
		return Document{}, fmt.Errorf("trust %s: account %q must have twelve digits", service, from.Account)
	}
	s := Statement{Principals: []Principal{Service(service)}, Actions: []string{"sts:AssumeRole"}}
	ifSent := ""
	if slices.Contains(unsaid, service) {
		ifSent = "IfExists"
	}
	if from.Account != "" {
		s.Conditions = append(s.Conditions, Condition{"StringEquals" + ifSent, "aws:SourceAccount", []string{from.Account}})
	}
	if from.ARN != "" {
		if !arnPattern.MatchString(from.ARN) {
			return Document{}, fmt.Errorf("trust %s: source %q is not an ARN", service, from.ARN)
		}
		s.Conditions = append(s.Conditions, Condition{"ArnLike" + ifSent, "aws:SourceArn", []string{from.ARN}})
	}
	return Document{Kind: Trust, Statements: []Statement{s}}, nil
}

// ARN is an Amazon Resource Name in parts. Partition is aws, aws-cn or aws-us-gov; Region and Account are empty for
// services that have none in their ARNs, such as S3.
type ARN struct {
	Partition, Service, Region, Account, Resource string
}

// String puts the parts together.
func (a ARN) String() string {
	return strings.Join([]string{"arn", a.Partition, a.Service, a.Region, a.Account, a.Resource}, ":")
}

// Near returns the ARN of something else in the same region and account.
func (a ARN) Near(service, resource string) string {
	a.Service, a.Resource = service, resource
	return a.String()
}

// ParseARN reads the ARN of something in an account: where that lies is read off it, since asking AWS would take a call
// more and could be answered for another account. service and resource, such as ecs and cluster/, are what the parts of the
// ARN have to be and to begin with; empty ones are of any kind.
func ParseARN(text, service, resource string) (ARN, error) {
	parts := strings.SplitN(text, ":", 6)
	if len(parts) != 6 || !arnPattern.MatchString(text) || !accountPattern.MatchString(parts[4]) ||
		service != "" && parts[2] != service || !strings.HasPrefix(parts[5], resource) || parts[5] == resource {
		what := "anything"
		if service != "" {
			what = service + " " + strings.TrimRight(resource, "/:")
		}
		return ARN{}, fmt.Errorf("read account: %q is not the ARN of %s in an account", text, what)
	}
	return ARN{parts[1], parts[2], parts[3], parts[4], parts[5]}, nil
}

// Limit is a quota on the length of documents, in characters that are not white space (IAM User Guide, "IAM and AWS STS
// quotas").
type Limit struct {
	name  string
	chars int
}

// The limits.
var (
	ManagedPolicy  = Limit{"a managed policy", 6144}
	InlinePolicies = Limit{"all inline policies of one role together", 10240}
	TrustPolicy    = Limit{"a role's trust policy", 2048} // the default; up to 4096 on request
)

// Check refuses documents that together exceed the limit. They are the texts that Document.JSON returns; give several
// for InlinePolicies only, since the other limits are for one document.
func (l Limit) Check(documents ...string) error {
	if len(documents) > 1 && l != InlinePolicies {
		return errors.New("check policy size: " + l.name + " is one document")
	}
	n := 0
	for _, d := range documents {
		for _, r := range d {
			if !strings.ContainsRune(" \t\r\n", r) {
				n++
			}
		}
	}
	if n > l.chars {
		return fmt.Errorf("check policy size: %d characters, but IAM takes at most %d for %s", n, l.chars, l.name)
	}
	return nil
}
