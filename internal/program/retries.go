package program

import (
	"context"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// notYet is a refusal by which AWS means "not yet": what the call needs is there, and not everywhere. The AWS provider
// repeats most of them itself; these it returns at once.
type notYet struct {
	Type      string // resource type; empty: every type
	Operation string // create, update or delete; empty: each
	Says      string // part of the error's text
	Why       string // what is not everywhere yet, and how that is known
}

// waitedOut are the refusals that a deployment waits out. A creation may stand here only with a refusal that comes before
// AWS has made anything: repeating a later one would make it twice.
var waitedOut = []notYet{
	{"aws:ec2/eip:Eip", "delete", "AuthFailure", "a NAT gateway holds its address for some seconds after it is deleted, and AWS calls that " +
		"a lack of permission (kubernetes/kops#938)"},
	{"aws:rds/subnetGroup:SubnetGroup", "delete", "InvalidDBSubnetGroupStateFault", "the group counts as in use until the last instance " +
		"is gone everywhere (sst/sst#4026)"},
	{"aws:elasticache/subnetGroup:SubnetGroup", "delete", "CacheSubnetGroupInUse", "as for the database's subnet group: the provider " +
		"repeats another code only (its elasticache/subnet_group.go)"},
	{"aws:lb/listener:Listener", "create", "UnsupportedCertificate", "a certificate is issued some seconds before the load balancers know " +
		"(hashicorp/terraform-provider-aws#26245)"},
	{"aws:cloudwatch/logGroup:LogGroup", "create", "is not allowed to be used with", "a new key's policy reaches CloudWatch Logs late " +
		"(hashicorp/terraform-provider-aws#29282)"},
	{"", "", "api error ThrottlingException: Rate exceeded", "a whole region at once asks more often than AWS answers; it made nothing then"},
	{"", "", "api error Throttling: Rate exceeded", "the same, as the older services put it"},
}

// How long a refusal is waited out: twice as long each time, from a second up to half a minute, five minutes in all.
// None of it takes longer (the provider's own budget for most is two minutes).
const (
	firstWait   = time.Second
	longestWait = 30 * time.Second
	patience    = 5 * time.Minute
)

// WaitOut says how long to wait before a refused operation is repeated, the attempts so far being all failed, and whether
// it is repeated at all. jitter, in [0, 1), spreads what was refused together over half the wait.
func WaitOut(typ, operation, message string, attempts int, jitter float64) (time.Duration, bool) {
	if !saysNotYet(typ, operation, message) {
		return 0, false
	}
	wait, waited := firstWait, time.Duration(0)
	for range attempts - 1 {
		waited += wait
		wait = min(2*wait, longestWait)
	}
	if waited+wait > patience {
		return 0, false
	}
	return wait - time.Duration(jitter*float64(wait)/2), true
}

func saysNotYet(typ, operation, message string) bool {
	for _, s := range waitedOut {
		if (s.Type == "" || s.Type == typ) && (s.Operation == "" || s.Operation == operation) && strings.Contains(message, s.Says) {
			return true
		}
	}
	return false
}

// retrying is the name of the hook in the state of each resource: a name that was once deployed stays known in OnError.
const retrying = "settle"

// OnError are the error hooks by the names that resources have for them in their state, for a destroy, which runs no program.
var OnError = map[string]func(ctx context.Context, typ, operation string, failures []string) bool{retrying: retried}

// retried waits what AWS refuses only for now, and has the engine do it again. The last failure is the first of them.
func retried(ctx context.Context, typ, operation string, failures []string) bool {
	if len(failures) == 0 {
		return false
	}
	wait, again := WaitOut(typ, operation, failures[0], len(failures), rand.Float64())
	return again && sleep(ctx, wait)
}

// retry makes the hook known to the engine.
func (r *region) retry() (err error) {
	r.repeat, err = r.ctx.RegisterErrorHook(retrying, func(args *pulumi.ErrorHookArgs) (bool, error) {
		return retried(r.ctx.Context(), string(args.Type), args.FailedOperation, args.Errors), nil
	})
	return err
}

// sleep waits and reports whether it was left to.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// hooked binds the hook, if there is one, to everything below a component. The engine asks it about failures only.
func (r *region) hooked() pulumi.ResourceOption {
	if r.repeat == nil {
		return pulumi.Transformations(nil)
	}
	binding := pulumi.ResourceHooks(&pulumi.ResourceHookBinding{OnError: []*pulumi.ErrorHook{r.repeat}})
	return pulumi.Transformations([]pulumi.ResourceTransformation{
		func(args *pulumi.ResourceTransformationArgs) *pulumi.ResourceTransformationResult {
			if !strings.HasPrefix(args.Type, "aws:") {
				return nil
			}
			return &pulumi.ResourceTransformationResult{Props: args.Props, Opts: append(args.Opts, binding)}
		},
	})
}
