package cli

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/naming"
	"github.com/deepstreamhub/platform/internal/setup"
)

// answer is one thing that init has to be told: by a flag, or else by an answer.
type answer struct {
	flag  string
	about string   // the question, and what the flag takes
	keys  []string // of the files, by which their rules speak of it
	value string
}

// answers are what init is told, in the order in which it asks.
type answers []*answer

func newAnswers() answers {
	return answers{
		{flag: "organisation", about: "name of the organisation, by which everything in AWS is called, such as acme"},
		{flag: "domain", about: "public hosted zone of the regions' hostnames, such as acme.example", keys: []string{"names.zone", "edge.zone", "edge.hostname", keyHook}},
		{flag: "account", about: "number of the AWS account, twelve digits", keys: []string{"account.id", "aws:allowedAccountIds", "service.image"}},
		{flag: "regions", about: "regions in the order of deployment, the state in the first, such as eu-west-1,sa-east-1", keys: []string{"account.regions", "aws:region"}},
		{flag: "copies", about: "region of the copies of state and backups; left out, each region's are in the next", keys: []string{"state.replicaRegion", "account.copies", "backup.copyTo"}},
		{flag: "owner", about: "who answers for it, a tag on everything, such as platform", keys: []string{"account.owner", "platform.owner", "account.costCentre", "platform.costCentre"}},
		{flag: "cost-centre", about: "who pays for it, a tag on everything; left out, the owner", keys: []string{"account.costCentre", "platform.costCentre"}},
		{flag: "repository", about: "repository on GitHub, owner/name", keys: []string{"github.repository"}},
		{flag: "budget", about: "US dollars a month above which somebody is told, 0 for none", keys: []string{"budget.monthlyUSD"}},
		{flag: "notify", about: "mail addresses that hear of the budget, such as platform@acme.example", keys: []string{"budget.notify"}},
	}
}

// keyHook is the key of the URL that says who a client is, which is in the domain.
const keyHook = "service.auth.webhook"

func (as answers) of(flag string) *answer {
	return as[slices.IndexFunc(as, func(a *answer) bool { return a.flag == flag })]
}

// list is an answer with commas.
func (a *answer) list() (items []string) {
	for item := range strings.SplitSeq(a.value, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// needed reports whether an answer has to be given, as far as the others are known.
func (as answers) needed(a *answer) bool {
	switch a.flag {
	case "copies":
		return len(as.of("regions").list()) == 1
	case "cost-centre":
		return false
	case "notify":
		return as.of("budget").value != "" && as.of("budget").value != "0"
	}
	return true
}

// standIns are regions that can be.
var standIns = []string{"eu-west-1", "sa-east-1"}

// platformOf makes a platform of answers. Those that are missing are stood in for, so that the others can be checked. The error
// holds everything that no rule of the files says.
func platformOf(given answers) (setup.Platform, error) {
	or := func(flag, standIn string) string {
		if v := given.of(flag).value; v != "" {
			return v
		}
		return standIn
	}
	var problems []error
	for _, a := range given {
		if plain := strings.Map(printable, a.value); plain != a.value {
			problems = append(problems, fmt.Errorf("--%s %q: must be on one line", a.flag, a.value))
			a.value = plain
		}
	}
	p := setup.Platform{
		Organisation: naming.Organisation(or("organisation", "acme")), Domain: or("domain", "acme.example"), Account: or("account", "111122223333"),
		Owner: or("owner", "platform"), Repository: or("repository", "acme/platform"), Notify: given.of("notify").list(),
	}
	p.CostCentre = or("cost-centre", p.Owner)
	for _, a := range given {
		if a.value == "" && given.needed(a) {
			problems = append(problems, fmt.Errorf("--%s is missing: %s", a.flag, a.about))
		}
	}
	named := unjoined(p.Organisation.Check())
	if p.Organisation == published {
		named = append(named, errors.New("must be another: the project as it is published has this name"))
	}
	for _, one := range named {
		problems = append(problems, fmt.Errorf("--organisation %q: %w", p.Organisation, one))
	}
	if len(named) > 0 {
		p.Organisation = "acme"
	}
	var err error
	if p.BudgetUSD, err = strconv.Atoi(or("budget", "0")); err != nil {
		problems = append(problems, fmt.Errorf("--budget %q: must be a whole number of US dollars", given.of("budget").value))
	}
	if p.BudgetUSD != 0 && len(p.Notify) == 0 {
		p.Notify = []string{"platform@acme.example"}
	}
	regions, copies := given.of("regions").list(), given.of("copies").value
	if len(regions) == 0 {
		regions = standIns
	}
	if len(regions) == 1 && copies == "" {
		copies = "us-east-2"
	}
	for _, one := range unjoined(p.In(regions, copies)) {
		problems = append(problems, fmt.Errorf("--regions: %w", one))
	}
	if len(p.Regions) < len(regions) {
		if err := p.In(standIns, ""); err != nil {
			return p, err
		}
	}
	return p, errors.Join(problems...)
}

// printable takes out what no value of a file has: the ends of lines and what controls a terminal.
func printable(r rune) rune {
	if unicode.IsControl(r) {
		return -1
	}
	return r
}

// unjoined are the errors that an error holds.
func unjoined(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	if err == nil {
		return nil
	}
	return []error{err}
}

// told says what the files' rules refuse of the answers: of each by the key that is refused first, since several follow from it.
func (as answers) told(problems config.Problems) (errs []error) {
	refused := map[string]string{}
	for _, p := range problems {
		flag, key := p.Key, strings.SplitN(p.Key, "[", 2)[0]
		for _, a := range as {
			if slices.Contains(a.keys, key) && (a.value != "" || as.needed(a)) {
				flag = "--" + a.flag
			}
		}
		if first := refused[flag]; first != "" && first != p.Key {
			continue
		}
		refused[flag] = p.Key
		if p.Value != "" {
			p.Value = " " + p.Value
		}
		if err := fmt.Errorf("%s%s: %s", flag, p.Value, p.Rule); !slices.ContainsFunc(errs, func(e error) bool { return e.Error() == err.Error() }) {
			errs = append(errs, err)
		}
	}
	return errs
}
