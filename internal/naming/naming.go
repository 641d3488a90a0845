// Package naming is what an organisation's things in AWS are called. All of it follows from one value, the organisation's
// name, which is the project's in Pulumi.yaml; the account's own project has that name with -bootstrap behind it. The
// product's name, deepstreamHub, stays where it names the software: modules, type tokens, hub's own variables and caches.
package naming

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Organisation is the name of whoever runs the platform, such as deepstreamhub. Check says which there can be.
type Organisation string

const bootstrap = "-bootstrap"

// Of returns whose project it is, by its name in Pulumi.yaml: the regions' project or the account's.
func Of(project string) Organisation { return Organisation(strings.TrimSuffix(project, bootstrap)) }

// Project is the name of the regions' project, and with that the namespace of its configuration keys.
func (o Organisation) Project() string { return string(o) }

// Bootstrap is the name of the account's project in bootstrap/, and the tag by which what holds state and keys is known.
func (o Organisation) Bootstrap() string { return string(o) + bootstrap }

// MaxLength is how many characters a name has at most. The longest name that is made of it is that of the bucket with the
// state's copy, 24 longer, of at most 63 (Amazon S3 User Guide, "General purpose bucket naming rules"); the names of roles,
// of at most 64, leave the stack 64-MaxLength-8 (IAM User Guide, "IAM and AWS STS quotas").
const MaxLength = 24

// ShortLived is how the names of short-lived stacks begin that have a role of their own, which touches nothing else.
const ShortLived = "it-"

// MaxShortLived is how many characters the name of such a stack has at most: its buckets begin with it and a hyphen, because
// S3 tells whose a bucket is by nothing else, and the AWS provider takes a beginning of 37, to leave 26 of 63 for what it
// appends (aws_s3_bucket: bucket_prefix).
const MaxShortLived = 37 - 1

// form is what all services take: buckets no capitals and nothing but hyphens between letters and digits, parameters and
// log groups no colon or blank.
var form = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// reserved are beginnings that AWS keeps for itself: of parameters (Systems Manager, PutParameter), aliases of keys (KMS,
// CreateAlias), log groups and trails, and of buckets ("General purpose bucket naming rules").
var reserved = []string{"aws", "ssm", "amazon", "amzn", "sthree-"}

// Check says what is wrong with an organisation's name. The error holds every problem.
func (o Organisation) Check() error {
	var problems []error
	if !form.MatchString(string(o)) {
		problems = append(problems, errors.New("must be lower-case letters, digits and single hyphens, a letter first and no hyphen last: buckets, roles and keys are named by it"))
	}
	if n := len(o); n < 3 || n > MaxLength {
		problems = append(problems, fmt.Errorf("must have 3 to %d characters, not %d: the state's bucket is named by it", MaxLength, n))
	}
	for _, begin := range reserved {
		if strings.HasPrefix(string(o), begin) {
			problems = append(problems, fmt.Errorf("must not begin with %s, which AWS keeps for itself", begin))
		}
	}
	if o == "pulumi" {
		problems = append(problems, errors.New("must be another: the engine's own keys have this namespace"))
	}
	if strings.HasSuffix(string(o), bootstrap) {
		problems = append(problems, fmt.Errorf("must not end in %s, as the account's project does", bootstrap))
	}
	return errors.Join(problems...)
}

// Path is the folder in IAM of everything that stacks make, and of the boundary of their roles.
func (o Organisation) Path() string { return "/" + string(o) + "/" }

// BoundaryName is the policy that no role which deployments make gets past.
func (o Organisation) BoundaryName() string { return string(o) + "-boundary" }

// Boundary is the boundary's path and name.
func (o Organisation) Boundary() string { return o.Path() + o.BoundaryName() }

// SessionsLog is the log group that Session Manager writes sessions on hosts into.
func (o Organisation) SessionsLog() string { return o.Path() + "sessions" }

// SessionsKey is the alias of the key of that log.
func (o Organisation) SessionsKey() string { return o.alias("sessions") }

// StateKey is the alias of the key under which the engine encrypts secrets in the state. Every region that has a replica of
// the key has the alias.
func (o Organisation) StateKey() string { return o.alias("state") }

// Aliases is the pattern of the aliases of all keys that are the account's and no stack's.
func (o Organisation) Aliases() string { return o.alias("*") }

func (o Organisation) alias(name string) string { return "alias/" + string(o) + "-" + name }

// StateBucket is the name of an account's state bucket. Names of buckets are taken in all accounts, so it holds the account.
func (o Organisation) StateBucket(account string) string { return string(o) + "-state-" + account }

// ReplicaBucket is the name of the bucket that holds the state's copy.
func (o Organisation) ReplicaBucket(account string) string {
	return string(o) + "-state-copy-" + account
}

// TrailBucket is the name of the bucket that CloudTrail writes into.
func (o Organisation) TrailBucket(account string) string { return string(o) + "-trail-" + account }

// Trail is the name of CloudTrail's trail.
func (o Organisation) Trail() string { return string(o) }

// Analyzer is the name of the Access Analyzer in each region.
func (o Organisation) Analyzer() string { return string(o) }

// Budget is the name of the month's budget.
func (o Organisation) Budget() string { return string(o) + "-month" }

// DeployRole is the role that changes one stack, which is also the environment whose jobs take it.
func (o Organisation) DeployRole(stack string) string { return string(o) + "-deploy-" + stack }

// ShortRole is the role that brings short-lived stacks up and down.
func (o Organisation) ShortRole() string { return string(o) + "-ephemeral" }

// ImagesRole is the role that pushes container images.
func (o Organisation) ImagesRole() string { return string(o) + "-images" }

// PreviewRole is the role that says what a pull request would do.
func (o Organisation) PreviewRole() string { return string(o) + "-preview" }

// DriftRole is the role that looks for what was changed behind the state's back.
func (o Organisation) DriftRole() string { return string(o) + "-drift" }
