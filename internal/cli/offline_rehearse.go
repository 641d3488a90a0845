package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	simulated "github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/services"
	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/values"
)

// offlineCommands change the offline AWS the way life changes the real one.
func (a App) offlineCommands() *cobra.Command {
	c := &cobra.Command{
		Use:   "offline",
		Short: "Rehearse: break a region of the offline AWS, and heal it",
	}
	c.AddCommand(a.offlineDrift(), a.offlineBreak(), a.offlineHeal())
	return named(c)
}

func (a App) offlineDrift() *cobra.Command {
	var gone bool
	c := a.rehearsal("drift STACK RESOURCE PROPERTY VALUE", "Change one resource of the offline AWS as somebody does by hand",
		`drift gives one resource of a stack, by its name in the state, another value of an input, by the
call that AWS has for it: what AWS refuses is refused. VALUE is JSON where the input is no text.
With --gone the resource is deleted instead. hub drift finds it; hub offline heal undoes it.`,
		func(ctx context.Context, s *session, args []string) error {
			if gone {
				return s.offlineLose(ctx, args[0])
			}
			return s.offlineDrift(ctx, args[0], args[1], args[2])
		})
	c.Example = "  hub offline drift prod-eu network-vpc tags.owner somebody\n  hub offline drift prod-eu database-cluster backupRetentionPeriod 3\n  hub offline drift prod-eu edge-targets-from-lb --gone"
	c.Flags().BoolVar(&gone, "gone", false, "delete the resource")
	c.Args = func(_ *cobra.Command, args []string) error {
		if want := map[bool]int{true: 2, false: 4}[gone]; len(args) != want {
			return fmt.Errorf("takes %d arguments, not %d: a stack, a resource and, without --gone, a property and a value", want, len(args))
		}
		return nil
	}
	return c
}

func (a App) offlineBreak() *cobra.Command {
	list := "break has one thing go wrong in a region of the offline AWS, without anybody's deployment. hub health\nthen says what AWS says; hub offline heal makes it good again. What can go wrong:\n"
	var known []string
	for _, d := range services.Damages {
		list += fmt.Sprintf("\n  %-10s %s", d.Name, d.What)
		known = append(known, d.Name)
	}
	c := a.rehearsal("break STACK DAMAGE", "Have one thing go wrong in a region of the offline AWS", list, func(ctx context.Context, s *session, args []string) error {
		return s.offlineBreak(ctx, args[0])
	})
	c.Args = func(_ *cobra.Command, args []string) error {
		if len(args) != 2 || !slices.Contains(known, args[1]) {
			return fmt.Errorf("name a stack and what goes wrong, one of: %s", strings.Join(known, ", "))
		}
		return nil
	}
	c.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) == 1 {
			return known, cobra.ShellCompDirectiveNoFileComp
		}
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return c
}

func (a App) offlineHeal() *cobra.Command {
	c := a.rehearsal("heal STACK", "Undo all that was changed or broken in the offline AWS", `heal makes everything that hub offline drift and hub offline break changed what it was before. What a
deployment has replaced meanwhile stays as the deployment made it.`,
		func(ctx context.Context, s *session, _ []string) error { return s.offlineHeal(ctx) })
	c.Args = oneArgument
	return c
}

// rehearsal is a command that works on one stack of the offline AWS.
func (a App) rehearsal(use, short, long string, run func(context.Context, *session, []string) error) *cobra.Command {
	var f flags
	c := &cobra.Command{
		Use: use, Short: short, Long: long,
		RunE: func(c *cobra.Command, args []string) error {
			f.offline = true
			s, err := a.parse(c, f, args[:1])
			if err != nil {
				return err
			}
			defer s.close()
			return run(c.Context(), s, args[1:])
		},
	}
	f.addRead(c)
	_ = c.Flags().MarkHidden("json") // taken by all, and without meaning where there is no data
	return c
}

// stage opens the offline AWS and reads what the stack holds in it.
func (s *session) stage(ctx context.Context) (*simulated.Cloud, plan.State, error) {
	s.alone = true
	states, err := s.readStates(ctx)
	if err != nil {
		return nil, plan.State{}, err
	}
	if err := s.startAWS(); err != nil {
		return nil, plan.State{}, err
	}
	served, ok := s.cloud.(interface{ Cloud() *simulated.Cloud })
	if !ok {
		return nil, plan.State{}, errors.New("open the offline AWS: there is none")
	}
	return served.Cloud(), states[0], nil
}

// owned tells the resources of a stack from those of others.
func owned(state plan.State) simulated.Owns {
	mine := map[[2]string]bool{}
	for _, r := range state.Resources {
		if r.Custom && !r.Delete {
			mine[[2]string{r.Type, r.ID}] = true
		}
	}
	return func(typ, id string) bool { return mine[[2]string{typ, id}] }
}

// resource finds a resource of a stack by its name, or by "type name" where several types have it.
func resource(state plan.State, name string) (plan.Resource, error) {
	var found []plan.Resource
	var known, several []string
	for _, r := range state.Resources {
		if !r.Custom || r.Delete || plan.IsComponent(r.Type) {
			continue
		}
		known = append(known, r.Name)
		if r.Name == name || r.URN == name || r.Type+" "+r.Name == name {
			found = append(found, r)
			several = append(several, fmt.Sprintf("%q", r.Type+" "+r.Name))
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		slices.Sort(known)
		return plan.Resource{}, fmt.Errorf("%s holds no resource %s; it holds: %s", state.Stack, name, strings.Join(slices.Compact(known), ", "))
	}
	return plan.Resource{}, fmt.Errorf("%s holds %d resources called %s; say which: %s", state.Stack, len(found), name, strings.Join(several, ", "))
}

// actor is a resource of the stack and where the offline AWS has it.
func (s *session) actor(ctx context.Context, name string) (c *simulated.Cloud, r plan.Resource, region string, err error) {
	c, state, err := s.stage(ctx)
	if err != nil {
		return nil, r, "", err
	}
	if r, err = resource(state, name); err != nil {
		return nil, r, "", usageError{err, "hub offline drift"}
	}
	region, ok := c.Locate(r.Type, r.ID)
	if !ok {
		return nil, r, "", fmt.Errorf("change %s: the offline AWS has no %s %s any more", r.Name, r.Type, r.ID)
	}
	return c, r, region, nil
}

func (s *session) offlineDrift(ctx context.Context, name, property, text string) error {
	c, r, region, err := s.actor(ctx, name)
	if err != nil {
		return err
	}
	inputs, state, err := c.Read(region, r.Type, r.ID)
	if err != nil {
		return fmt.Errorf("change %s: %w", r.Name, err)
	}
	before, there := plan.At(inputs, property)
	if !there {
		before, _ = plan.At(state, property)
	}
	value, err := typed(text, before)
	if err != nil {
		return usageError{fmt.Errorf("change %s of %s: %w", property, r.Name, err), "hub offline drift"}
	}
	if err := setAt(inputs, plan.Split(property), value); err != nil {
		return usageError{fmt.Errorf("change %s of %s: %w", property, r.Name, err), "hub offline drift"}
	}
	if err := c.Drift(ctx, s.stacks[0], region, r.Type, r.ID, inputs, property); err != nil {
		return fmt.Errorf("change %s of %s: %w", property, r.Name, err)
	}
	for _, change := range values.Compare(property, before, value) {
		s.say("%s: %s %s, which its state does not know.", s.stacks[0], r.Name, change)
	}
	s.next("drift")
	return nil
}

func (s *session) offlineLose(ctx context.Context, name string) error {
	c, r, region, err := s.actor(ctx, name)
	if err != nil {
		return err
	}
	if err := c.Lose(ctx, s.stacks[0], region, r.Type, r.ID); err != nil {
		return fmt.Errorf("delete %s: %w", r.Name, err)
	}
	s.say("%s: %s (%s) is gone, which its state does not know.", s.stacks[0], r.Name, r.Type)
	s.next("drift")
	return nil
}

func (s *session) offlineBreak(ctx context.Context, damage string) error {
	c, state, err := s.stage(ctx)
	if err != nil {
		return err
	}
	for _, r := range state.Resources {
		if r.Type != "aws:ec2/vpc:Vpc" {
			continue
		}
		region, ok := c.Locate(r.Type, r.ID)
		if !ok {
			break
		}
		if err := services.Break(c, state.Stack, region, damage, owned(state)); err != nil {
			return err
		}
		i := slices.IndexFunc(services.Damages, func(d services.Damage) bool { return d.Name == damage })
		s.say("%s is broken: %s.", state.Stack, services.Damages[i].What)
		s.next("health")
		return nil
	}
	return fmt.Errorf("break %s: %s holds no region", damage, state.Stack)
}

func (s *session) offlineHeal(ctx context.Context) error {
	c, state, err := s.stage(ctx)
	if err != nil {
		return err
	}
	healed, err := services.Heal(c, state.Stack, owned(state))
	if err != nil {
		return err
	}
	if len(healed) == 0 {
		s.say("%s: nothing was changed or broken.", state.Stack)
		return nil
	}
	s.say("%s is healed: %s.", state.Stack, strings.Join(healed, ", "))
	return nil
}

// next says how it shows, and how it is undone.
func (s *session) next(command string) {
	s.say("See it with: %s\nUndo it with: %s", s.again(command), "hub offline heal "+s.stacks[0])
}

// typed reads a value as what stands there already: text as it is, all else as JSON.
func typed(text string, before any) (any, error) {
	if _, is := before.(string); is {
		return text, nil
	}
	var v any
	err := json.Unmarshal([]byte(text), &v)
	switch {
	case before == nil && err != nil:
		return text, nil
	case err != nil:
		return nil, fmt.Errorf("%s is no JSON, and there stands %s", text, values.Text(before))
	case before != nil && fmt.Sprintf("%T", v) != fmt.Sprintf("%T", before):
		return nil, fmt.Errorf("%s is of another kind than what stands there, %s", text, values.Text(before))
	}
	return v, nil
}

// setAt sets what a path leads to, and makes the objects on its way.
func setAt(at map[string]any, path []string, value any) error {
	if len(path) == 1 {
		at[path[0]] = value
		return nil
	}
	switch next := at[path[0]].(type) {
	case map[string]any:
		return setAt(next, path[1:], value)
	case nil:
		made := map[string]any{}
		at[path[0]] = made
		return setAt(made, path[1:], value)
	case []any:
		i, err := strconv.Atoi(path[1])
		if err != nil || i < 0 || i >= len(next) {
			return fmt.Errorf("%s has %d elements, and none called %s", path[0], len(next), path[1])
		}
		if len(path) == 2 {
			next[i] = value
			return nil
		}
		if element, ok := next[i].(map[string]any); ok {
			return setAt(element, path[2:], value)
		}
	}
	return fmt.Errorf("nothing lies inside of %s; known: %s", path[0], strings.Join(slices.Sorted(maps.Keys(at)), ", "))
}
