package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/deepstreamhub/platform/internal/cost"
	"github.com/deepstreamhub/platform/internal/plan"
)

func (a App) cost() *cobra.Command {
	var f flags
	var file string
	c := &cobra.Command{
		Use:   "cost STACK...",
		Short: "Count what is deployed and paid by the hour or month",
		Long: `cost counts, from the state, what regions have that is paid by the hour or the month: hosts,
instances, gateways, addresses, keys, alarms. With --prices it says what that costs in a month; the
prices are yours to supply (prices/sample.yaml shows the form). What depends on use is left out:
traffic, requests, storage that grows, logs.`,
		Example: "  hub cost prod-eu --prices prices/sample.yaml",
		Args:    someStacks,
		RunE: func(c *cobra.Command, stacks []string) error {
			s, err := a.parse(c, f, stacks)
			if err != nil {
				return err
			}
			return s.cost(c.Context(), file)
		},
	}
	f.addRead(c)
	addPrices(c, &file)
	return c
}

func addPrices(c *cobra.Command, file *string) {
	c.Flags().StringVar(file, "prices", "", "say what it costs in a month, by the prices of this file")
}

// readPrices reads a price file that the command line names; nil where it names none.
func (s *session) readPrices(file string) (*cost.Prices, error) {
	if file == "" {
		return nil, nil
	}
	file = within(s.Dir, file)
	r, err := os.Open(file)
	if err != nil {
		return nil, pricesError("read prices: " + err.Error())
	}
	defer func() { _ = r.Close() }() // it was only read
	prices, err := cost.Read(r)
	if err != nil {
		return nil, pricesError(fmt.Sprintf("%s:\n%v", file, err))
	}
	return &prices, nil
}

// pricesError is a price file that cannot be used.
func pricesError(what string) error {
	return refused(what, "Nothing was started. Correct the price file, or name another one with --prices; prices/sample.yaml in the project shows the form.")
}

// counted is what the command writes of a stack.
type counted struct {
	Stack      string          `json:"stack"`
	Quantities []cost.Quantity `json:"quantities"`
	Bill       *cost.Bill      `json:"bill,omitempty"`
}

func (s *session) cost(ctx context.Context, file string) error {
	prices, err := s.readPrices(file)
	if err != nil {
		return err
	}
	defer s.close()
	states, err := s.readStates(ctx)
	if err != nil {
		return err
	}
	for i, stack := range s.stacks {
		d := counted{Stack: stack, Quantities: cost.Deployed(states[i])}
		if prices != nil {
			cfg, err := s.deps.load(s.root, stack, s.offline)
			if err != nil {
				return configError{err}
			}
			bill := prices.Of(cfg.Region, d.Quantities)
			d.Bill = &bill
		}
		if s.json {
			err = s.writeJSON(d)
		} else {
			err = s.writeCounted(d)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// writeCounted writes quantities for people, and what they cost where there are prices.
func (s *session) writeCounted(d counted) error {
	w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
	row := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) } // an error of the writer comes with Flush
	for i, q := range d.Quantities {
		row("%s\t%s\t%g\t%s", d.Stack, q.Part, q.Count, q.Item)
		if d.Bill != nil {
			if monthly := d.Bill.Lines[i].Monthly; monthly != nil {
				row("\t%10.2f %s", *monthly, d.Bill.Currency)
			} else {
				row("\t%10s", "no price")
			}
		}
		row("\n")
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write quantities: %w", err)
	}
	if b := d.Bill; b != nil {
		least := ""
		if len(b.Unpriced) > 0 {
			least = "at least "
		}
		if _, err := fmt.Fprintf(s.Out, "%s: %s%.2f %s a month, by prices of %s (%s).\n", d.Stack, least, b.Total, b.Currency, b.Date, b.Source); err != nil {
			return fmt.Errorf("write quantities: %w", err)
		}
	}
	s.say("%s", cost.LeftOut)
	return nil
}

// changed is what a plan adds to the month's bill; false without prices.
func (s *session) changed(prices *cost.Prices, p plan.Plan) (cost.Bill, bool, error) {
	if prices == nil {
		return cost.Bill{}, false, nil
	}
	cfg, err := s.deps.load(s.root, p.Stack, s.offline)
	if err != nil {
		return cost.Bill{}, false, configError{err}
	}
	before, after := cost.Planned(p)
	return prices.Of(cfg.Region, cost.Difference(before, after)), true, nil
}

// writeCosts says what plans add to the month's bill, one line each.
func (s *session) writeCosts(prices *cost.Prices, plans []plan.Plan) error {
	var problems []error
	for _, p := range plans {
		bill, ok, err := s.changed(prices, p)
		if ok {
			_, err = fmt.Fprintf(s.Out, "%s: %s\n", p.Stack, bill.Change())
		}
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

// addCost puts what each plan adds to the month's bill into its result.
func (s *session) addCost(prices *cost.Prices, plans []plan.Plan) func(int, *result) {
	return func(i int, r *result) {
		if bill, ok, err := s.changed(prices, plans[i]); ok && err == nil { // the configuration was read before
			r.Cost = &bill
		}
	}
}
