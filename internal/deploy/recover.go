package deploy

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/recovery"
)

const tagsToken = "aws:resourcegroupstaggingapi/getResources:getResources"

// How often, and how long, something is read again that AWS is still making when it is found. The longest creation of
// the types in use, a database cluster restored from a snapshot, takes the provider's two hours at most.
const (
	readAgain  = 15 * time.Second
	readAtLast = 2 * time.Hour
)

// inquiry finds out what became of operations that were cut off.
type inquiry struct {
	driver     *Driver
	tell       func(plan.Event)
	before     apitype.UntypedDeployment // as it is stored, secrets encrypted
	checkpoint *recovery.Checkpoint
	scratch    *scratch
}

// inquire reads the state that is to be changed.
func (d *Driver) inquire(ctx context.Context, tell func(plan.Event)) (r *inquiry, err error) {
	r = &inquiry{driver: d, tell: tell}
	if r.before, err = d.deployment(ctx); err != nil {
		return nil, err
	}
	r.checkpoint, err = recovery.Decode(r.before.Deployment)
	return r, err
}

// recoverOnce recovers what another process, or an engine that this one killed, left behind.
func (d *Driver) recoverOnce(ctx context.Context, tell func(plan.Event)) error {
	if d.recovered {
		return nil
	}
	left, err := d.leftOver(ctx)
	if err == nil && !left.nothing {
		err = d.recover(ctx, tell, left.failed)
	}
	if err == nil && (!left.nothing || left.condemned) {
		err = d.takeBack(ctx, tell, d.planned)
	}
	if err != nil {
		return d.failed(ctx, "recover", err, nil)
	}
	d.recovered = true
	return d.forget(ctx)
}

// recover finds out what became of operations, as package recovery says, and writes it into the state: of those that the
// state notes as under way, and of failed ones that AWS may have carried out. Where there are none it only reads the state.
func (d *Driver) recover(ctx context.Context, tell func(plan.Event), failed []recovery.Operation) error {
	r, err := d.inquire(ctx, tell)
	if err != nil {
		return err
	}
	operations := r.known(slices.Concat(r.checkpoint.Pending, failed))
	if len(operations) == 0 {
		return nil
	}
	r.say("", "%d operations had been cut off; finding out what became of them.", len(operations))
	if r.scratch, err = r.openScratch(ctx); err != nil {
		return fmt.Errorf("open scratch stack: %w", err)
	}
	defer func() { _ = r.scratch.Close() }() // a folder of the system's temporary ones
	if err := r.enter(ctx, operations); err != nil {
		return err
	}
	return r.write(ctx)
}

// known leaves out what is of no type in the table: that is nothing of AWS, and left to the engine, which warns of it.
func (r *inquiry) known(operations []recovery.Operation) []recovery.Operation {
	return slices.DeleteFunc(operations, func(op recovery.Operation) bool {
		_, known := recovery.Of(op.Resource.Type())
		return !known
	})
}

// enter changes the checkpoint to what became of the operations.
func (r *inquiry) enter(ctx context.Context, operations []recovery.Operation) error {
	candidates, err := r.candidates(ctx, operations)
	if err != nil {
		return err
	}
	read, err := r.read(ctx, operations, candidates)
	if err != nil {
		return err
	}
	for i, op := range operations {
		switch op.Kind {
		case creating:
			r.created(i, op, candidates[i], read)
		case "updating", "deleting":
			r.changed(op, read)
		}
	}
	return nil
}

const creating = "creating"

// created takes the first candidate that is there and is the call's own into the state.
func (r *inquiry) created(i int, op recovery.Operation, ids []string, read map[string]recovery.Resource) {
	for n := range ids {
		found, ok := read[candidateURN(op.Resource.URN(), i, n)]
		if !ok {
			continue
		}
		if why := recovery.Mismatch(op.Resource, found); why != "" {
			r.say(op.Resource.URN(), "%s exists and is not this stack's: %s", found.ID(), why)
			continue
		}
		if r.checkpoint.Holds(op, found) {
			return
		}
		r.checkpoint.Adopt(op, found)
		r.say(op.Resource.URN(), "found what had been made: %s", found.ID())
		return
	}
	r.say(op.Resource.URN(), "had not been made")
}

// changed brings the state of something up to date that was being updated or deleted.
func (r *inquiry) changed(op recovery.Operation, read map[string]recovery.Resource) {
	urn, id := op.Resource.URN(), op.Resource.ID()
	if found, ok := read[oldURN(urn, id)]; ok {
		r.checkpoint.Renew(urn, id, found)
		return
	}
	if _, was := r.checkpoint.Find(urn, id); was {
		r.checkpoint.Drop(urn, id)
		r.say(urn, "%s is gone", id)
	}
}

// candidates returns what an import would take for each creation, by its place among the operations.
func (r *inquiry) candidates(ctx context.Context, operations []recovery.Operation) (map[int][]string, error) {
	tagged, looked := map[string]*question{}, map[int]*question{}
	var questions []*question
	for i, op := range operations {
		if !searched(op) {
			continue
		}
		row, _ := recovery.Of(op.Resource.Type())
		if row.By != recovery.ByTags && row.By != recovery.ByLookup {
			continue
		}
		provider, ok := r.checkpoint.ProviderOf(op.Resource.Provider())
		if !ok {
			return nil, fmt.Errorf("find %s: the state has no provider %s", op.Resource.Name(), op.Resource.Provider())
		}
		if row.By == recovery.ByTags {
			if key := listing(op, row); tagged[key] == nil {
				tagged[key] = r.tagQuestion(provider, row)
				questions = append(questions, tagged[key])
			}
			continue
		}
		args, err := row.Lookup.Arguments(op.Resource)
		if err != nil {
			return nil, fmt.Errorf("find %s: %w", op.Resource.Name(), err)
		}
		looked[i] = &question{provider: provider, token: row.Lookup.Token, args: args, absent: row.Lookup.Absent}
		questions = append(questions, looked[i])
	}
	ofAPI, ofProvider := split(questions)
	if err := r.driver.askAPI(ctx, ofAPI); err != nil {
		return nil, err
	}
	if err := r.scratch.ask(ctx, ofProvider); err != nil {
		return nil, err
	}
	known, out := r.checkpoint.Known(), map[int][]string{}
	for i, op := range operations {
		if answered(op) {
			out[i] = []string{op.Resource.ID()}
		}
		if !searched(op) {
			continue
		}
		var found map[string]any
		if looked[i] != nil {
			found = looked[i].answer
		}
		row, _ := recovery.Of(op.Resource.Type())
		var err error
		if out[i], err = recovery.Candidates(op.Resource, known, listed(tagged[listing(op, row)]), found); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// listing names the list of tagged things in which an operation's is.
func listing(op recovery.Operation, row recovery.Row) string {
	return fmt.Sprintf("%s %t", op.Resource.Provider(), row.Global)
}

// tagQuestion asks for everything that carries the stack's tag.
func (r *inquiry) tagQuestion(provider recovery.Resource, row recovery.Row) *question {
	q := &question{provider: provider, token: tagsToken, args: map[string]any{"tagFilters": []any{
		map[string]any{"key": recovery.StackTag, "values": []any{r.driver.target.Stack}},
	}}}
	if row.Global {
		q.region = globalTags
	}
	return q
}

// globalTags is the region in which the tags of services without regions are listed.
const globalTags = "us-east-1"

// answered reports whether the note of a creation has its answer in it already: the engine was killed between the two
// times that it writes them.
func answered(op recovery.Operation) bool {
	return op.Kind == creating && op.Resource.ID() != "" && len(op.Resource.Outputs()) > 0
}

// searched reports whether what an operation made has to be looked for.
func searched(op recovery.Operation) bool {
	return op.Kind == creating && !answered(op)
}

// listed is what a question for tags was answered.
func listed(q *question) []recovery.Tagged {
	if q == nil {
		return nil
	}
	all, _ := q.answer["resourceTagMappingLists"].([]any)
	var out []recovery.Tagged
	for _, v := range all {
		m, _ := v.(map[string]any)
		arn, _ := m["resourceArn"].(string)
		t := recovery.Tagged{ARN: arn, Tags: map[string]string{}}
		tags, _ := m["tags"].(map[string]any)
		for k, v := range tags {
			t.Tags[k], _ = v.(string)
		}
		out = append(out, t)
	}
	return out
}

// read asks the provider for all candidates and for everything that was being changed, until AWS has finished what it
// still makes.
func (r *inquiry) read(ctx context.Context, operations []recovery.Operation, candidates map[int][]string) (map[string]recovery.Resource, error) {
	resources, err := r.subjects(operations, candidates)
	if err != nil || len(resources) == 0 {
		return nil, err
	}
	for waited := time.Duration(0); ; waited += readAgain {
		found, err := r.scratch.read(ctx, resources)
		if err != nil {
			return nil, err
		}
		name, missing := unfinished(found)
		if missing == "" || waited >= readAtLast {
			return found, nil
		}
		r.say("", "%s is still being made: it has no %s yet", name, missing)
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(readAgain):
		}
	}
}

func unfinished(found map[string]recovery.Resource) (name, missing string) {
	for _, f := range found {
		if missing := recovery.Unfinished(f); missing != "" {
			return f.Name(), missing
		}
	}
	return "", ""
}

// subjects are the entries of the scratch stack: bare ones, that need nothing but their providers. A candidate has no
// outputs, by which a provider knows that its id is one for an import.
func (r *inquiry) subjects(operations []recovery.Operation, candidates map[int][]string) ([]recovery.Resource, error) {
	var providers, subjects []recovery.Resource
	have := map[string]bool{}
	add := func(op recovery.Operation, urn, id string, outputs any) error {
		if have[urn] { // two runs may have been cut off at it
			return nil
		}
		have[urn] = true
		reference := op.Resource.Provider()
		if !have[reference] {
			p, ok := r.checkpoint.ProviderOf(reference)
			if !ok {
				return fmt.Errorf("read %s: the state has no provider %s", op.Resource.Name(), reference)
			}
			have[reference] = true
			providers = append(providers, recovery.Resource{
				"urn": p.URN(), "type": p.Type(), "id": p.ID(), "custom": true, "inputs": p.Inputs(), "outputs": p.Outputs(),
			})
		}
		subjects = append(subjects, recovery.Resource{
			"urn": urn, "type": op.Resource.Type(), "id": id, "custom": true, "provider": reference,
			"inputs": op.Resource.Inputs(), "outputs": outputs,
		})
		return nil
	}
	for i, op := range operations {
		for n, id := range candidates[i] {
			outputs := map[string]any{}
			if answered(op) {
				outputs = op.Resource.Outputs()
			}
			if err := add(op, candidateURN(op.Resource.URN(), i, n), id, outputs); err != nil {
				return nil, err
			}
		}
		if op.Kind == "updating" || op.Kind == "deleting" {
			known, ok := r.checkpoint.Find(op.Resource.URN(), op.Resource.ID())
			if !ok {
				continue
			}
			op.Resource = known
			if err := add(op, oldURN(known.URN(), known.ID()), known.ID(), known.Outputs()); err != nil {
				return nil, err
			}
		}
	}
	return append(providers, subjects...), nil
}

// candidateURN tells the candidates for one resource apart in the scratch stack.
func candidateURN(urn string, i, n int) string { return fmt.Sprintf("%s-%d-%d", urn, i, n) }

// oldURN tells apart what has the same URN in the middle of a replacement.
func oldURN(urn, id string) string { return urn + "-" + id }

// say tells the listener something about a resource, or about the stack where the URN is empty.
func (r *inquiry) say(urn, format string, args ...any) {
	if r.tell == nil {
		return
	}
	now := time.Now
	if r.driver.target.Now != nil {
		now = r.driver.target.Now
	}
	r.tell(plan.Event{
		Time: now(), Stack: r.driver.target.Stack, Kind: plan.EventDiagnostic, Severity: "warning",
		Step: plan.Step{URN: urn, Type: plan.Type(urn), Name: plan.Name(urn)}, Message: fmt.Sprintf(format, args...),
	})
}
