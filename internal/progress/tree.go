package progress

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/plan"
)

// Tree is what is known of the operations of several stacks.
type Tree struct {
	Stacks []*Stack // in the order in which they were asked for
}

// Stack is one stack's operation.
type Stack struct {
	Name     string
	Started  time.Time // of the first event; zero before it
	Last     time.Time // of the latest event
	Over     bool      // the summary arrived
	Tiers    []*Tier   // in order of first sight
	Failures []Failure // in order of first sight

	parents map[string]string   // URN -> parent's URN, for components seen so far
	said    map[string][]string // URN -> error messages that arrived for it
	halves  map[string]int      // URN -> finished steps of its replacement, which are a create and a delete
}

// Tier is a component right below the stack, with everything inside it.
type Tier struct {
	Name   string // logical name, or "stack" for what stands in no component
	Counts map[plan.Op]int
	Active []Item // in order of start
	Failed int
}

// Item is a step under way.
type Item struct {
	Step  plan.Step
	Since time.Time
}

// Failure is a resource, or a whole stack, that failed.
type Failure struct {
	Stack   string
	Tier    string        // empty when the stack as a whole failed
	Step    plan.Step     // only URN, Type and Name are certain to be set
	Message string        // what AWS, the provider or the program said
	Took    time.Duration // how long the step was under way; 0 when it never started
	Beside  []Item        // what else was under way in the stack at that moment
}

// NewTree returns a tree in which nothing has happened yet.
func NewTree(stacks ...string) *Tree {
	t := &Tree{}
	for _, name := range stacks {
		t.stack(name)
	}
	return t
}

// Fold adds an event. It returns the failures that the event made known in full, each failure once. The engine tells
// of a failure in two events, the error message and the failed step, in either order.
func (t *Tree) Fold(e plan.Event) []Failure {
	s := t.stack(e.Stack)
	if s.Started.IsZero() {
		s.Started = e.Time
	}
	s.Last = e.Time
	switch e.Kind {
	case plan.EventStarted:
		s.start(e)
	case plan.EventFinished:
		s.finish(e)
	case plan.EventFailed:
		return s.fail(e)
	case plan.EventDiagnostic:
		return s.diagnose(e)
	case plan.EventSummary:
		return s.end()
	}
	return nil
}

// Stack returns the stack of that name, nil when there is none.
func (t *Tree) Stack(name string) *Stack {
	for _, s := range t.Stacks {
		if s.Name == name {
			return s
		}
	}
	return nil
}

func (t *Tree) stack(name string) *Stack {
	if s := t.Stack(name); s != nil {
		return s
	}
	s := &Stack{Name: name, parents: map[string]string{}, said: map[string][]string{}, halves: map[string]int{}}
	t.Stacks = append(t.Stacks, s)
	return s
}

// Counts adds up what was done in all tiers. Components are not counted: nothing in AWS corresponds to them.
func (s *Stack) Counts() map[plan.Op]int {
	sum := map[plan.Op]int{}
	for _, t := range s.Tiers {
		for op, n := range t.Counts {
			sum[op] += n
		}
	}
	return sum
}

// Active returns everything under way in the stack, longest first.
func (s *Stack) Active() []Item {
	var all []Item
	for _, t := range s.Tiers {
		all = append(all, t.Active...)
	}
	slices.SortStableFunc(all, func(a, b Item) int { return a.Since.Compare(b.Since) })
	return all
}

func (s *Stack) start(e plan.Event) {
	s.know(e.Step)
	if e.Step.Component() {
		return
	}
	t := s.tier(e.Step)
	t.Active = append(t.Active, Item{Step: e.Step, Since: e.Time})
}

func (s *Stack) finish(e plan.Event) {
	s.know(e.Step)
	if e.Step.Component() {
		return
	}
	t := s.tier(e.Step)
	t.take(e.Step)
	if e.Step.Op == plan.OpReplace {
		s.halves[e.Step.URN]++
		if s.halves[e.Step.URN] > 1 {
			return // counted with its first half
		}
	}
	t.Counts[e.Step.Op]++
}

func (s *Stack) fail(e plan.Event) []Failure {
	s.know(e.Step)
	t := s.tier(e.Step)
	item := t.take(e.Step)
	t.Failed++

	f := s.failure(e.Step, t.Name)
	f.Step = e.Step
	if !item.Since.IsZero() {
		f.Took = e.Time.Sub(item.Since)
	}
	told := f.Message != "" // the diagnostic came first and was shown then
	if e.Message != "" {
		f.Message = e.Message
	}
	if told || f.Message == "" {
		return nil
	}
	f.Beside = s.Active()
	return []Failure{*f}
}

// closing matches the engine's own last words after a failure or an interrupt; they repeat what was said before.
var closing = regexp.MustCompile(`^(update|preview|destroy|refresh|deployment) (failed|canceled)$`)

func (s *Stack) diagnose(e plan.Event) []Failure {
	text := strings.TrimSpace(e.Message)
	if e.Severity != "error" || text == "" || closing.MatchString(text) {
		return nil
	}
	if slices.Contains(s.said[e.Step.URN], text) {
		return nil
	}
	s.said[e.Step.URN] = append(s.said[e.Step.URN], text)

	step, since := e.Step, time.Time{}
	for _, i := range s.Active() {
		if i.Step.URN == step.URN {
			step, since = i.Step, i.Since
		}
	}
	tierName := ""
	if step.URN != "" && plan.Type(step.URN) != stackType {
		tierName = s.tierName(step)
	}
	f := s.failure(step, tierName)
	f.Message = text
	if !since.IsZero() {
		f.Took = e.Time.Sub(since)
	}
	f.Beside = slices.DeleteFunc(s.Active(), func(i Item) bool { return i.Step.URN == step.URN })
	return []Failure{*f}
}

// end closes the stack and returns the failures for which no message ever came.
func (s *Stack) end() []Failure {
	s.Over = true
	var silent []Failure
	for i := range s.Failures {
		if f := &s.Failures[i]; f.Message == "" {
			f.Message = "the engine gave no reason"
			silent = append(silent, *f)
		}
	}
	return silent
}

// failure returns the stack's entry for the step, made where there is none. A second message about the stack as a
// whole gets an entry of its own, as it is about something else.
func (s *Stack) failure(step plan.Step, tier string) *Failure {
	for i := range s.Failures {
		if f := &s.Failures[i]; tier != "" && f.Step.URN == step.URN {
			return f
		}
	}
	s.Failures = append(s.Failures, Failure{Stack: s.Name, Tier: tier, Step: step})
	return &s.Failures[len(s.Failures)-1]
}

func (s *Stack) know(step plan.Step) {
	if step.Component() && step.URN != "" {
		s.parents[step.URN] = step.Parent
	}
}

const stackType = "pulumi:pulumi:Stack"

// tierName returns the name of the topmost component above the step, or of the step itself if it is that component. A
// diagnostic knows no parent, but its URN holds the types of all components above; and on a destroy the components
// come last, so a parent that was not seen yet stands for itself.
func (s *Stack) tierName(step plan.Step) string {
	name := "stack"
	if step.Component() {
		name = plan.Name(step.URN)
	}
	for urn := step.Parent; urn != "" && plan.Type(urn) != stackType; urn = s.parents[urn] {
		name = plan.Name(urn)
	}
	if step.Parent != "" {
		return name
	}
	above := func(urn string) string { // the types above and including the URN's own
		if parts := strings.Split(urn, "::"); len(parts) > 2 {
			return parts[2]
		}
		return urn
	}
	for urn := range s.parents {
		if !strings.Contains(above(urn), "$") && strings.HasPrefix(above(step.URN), above(urn)+"$") {
			return plan.Name(urn)
		}
	}
	return name
}

func (s *Stack) tier(step plan.Step) *Tier {
	name := s.tierName(step)
	for _, t := range s.Tiers {
		if t.Name == name {
			return t
		}
	}
	t := &Tier{Name: name, Counts: map[plan.Op]int{}}
	s.Tiers = append(s.Tiers, t)
	return t
}

// take removes what is under way on the step's resource, which is one thing at a time. The operation may have become
// another one: a refresh finds out what it is when it is done. The zero Item means that nothing was started.
func (t *Tier) take(step plan.Step) Item {
	i := slices.IndexFunc(t.Active, func(i Item) bool { return i.Step.URN == step.URN })
	if i < 0 {
		return Item{}
	}
	item := t.Active[i]
	t.Active = slices.Delete(t.Active, i, i+1)
	return item
}
