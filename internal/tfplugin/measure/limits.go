package main

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/facts"
	"github.com/deepstreamhub/platform/internal/tfplugin"
)

// refused returns what the provider says against a value at a place; nil when it takes it. What it says against the rest of
// the configuration does not count.
func (p *prober) refused(at place, v any) (said *tfplugin.Problem) {
	k := fmt.Sprintf("%s %T %v", at.path(), v, v)
	if said, asked := p.verdicts[k]; asked {
		return said
	}
	p.nested++
	defer func() {
		if p.nested--; p.nested == 0 {
			p.verdicts[k] = said
		}
	}()
	config := p.bare // while an example for another property is looked for
	if p.nested == 1 {
		config = p.config
	}
	c, err := p.block.Value(config(at, p.wrapped(at, v)))
	if err != nil {
		return &tfplugin.Problem{Summary: err.Error()}
	}
	p.calls++
	problems, err := p.tf.validate(p.name, c)
	if err != nil {
		return &tfplugin.Problem{Summary: err.Error()}
	}
	for _, problem := range problems {
		if relational.MatchString(problem.Summary + " " + problem.Detail) {
			continue
		}
		path, whole := about(problem), at.path()
		name := at[len(at)-1].name
		// Elements of a set have no path of their own: what the provider says of them stands at the set.
		if path == whole || strings.HasPrefix(whole, path+".") && (speaksOf(problem, name) || quotes(problem, v)) {
			return problem
		}
	}
	return nil
}

// speaksOf reports whether a problem names a property.
func speaksOf(problem *tfplugin.Problem, property string) bool {
	return regexp.MustCompile(`\b` + property + `\b`).MatchString(problem.Summary + " " + problem.Detail)
}

// quotes reports whether a problem begins with a text: the provider says what is wrong with it and not where it stands.
func quotes(problem *tfplugin.Problem, v any) bool {
	s, is := v.(string)
	return is && strings.HasPrefix(problem.Summary, strconv.Quote(s)+" ")
}

// relational are the provider's words about properties that do not go together, which say nothing of a value.
var relational = regexp.MustCompile(`conflicts with|must be specified|can be specified|Missing required argument|Invalid combination|Conflicting|cannot be specified when|Missing Attribute Configuration|Invalid Attribute Combination`)

// wrapped puts an element into the lists in which the property at a place keeps it.
func (p *prober) wrapped(at place, v any) any {
	return wrapLeaf(at.last(), v)
}

func wrapLeaf(prop *facts.Property, v any) any {
	if prop.Elem != nil {
		v = wrapLeaf(prop.Elem, v)
	}
	switch {
	case prop.One, prop.Type == "list", prop.Type == "set":
		return []any{v}
	case prop.Type == "map":
		return map[string]any{"a": v}
	}
	return v
}

var ownPath = regexp.MustCompile(`"([a-z_0-9]+(?:\.\d+\.[a-z_0-9]+)+)"`)

// about returns the path of what a problem is about: that in its words where there is one, since some name another property's.
func about(problem *tfplugin.Problem) string {
	if m := ownPath.FindStringSubmatch(problem.Summary); m != nil {
		return regexp.MustCompile(`\.\d+\.`).ReplaceAllString(m[1], ".")
	}
	return plainPath(problem.Path)
}

func plainPath(steps []string) string {
	var out []string
	for _, s := range steps {
		if !strings.HasPrefix(s, "[") {
			out = append(out, s)
		}
	}
	return strings.Join(out, ".")
}

func leaf(prop *facts.Property) *facts.Property {
	for prop.Elem != nil {
		prop = prop.Elem
	}
	return prop
}

// limits measures which values the provider refuses.
func (p *prober) limits(at place) {
	prop := leaf(at.last())
	set := func(l facts.Limits) {
		if prop.Limits == nil {
			prop.Limits = &l
		} else {
			l.MinItems, l.MaxItems = prop.MinItems, prop.MaxItems
			*prop.Limits = l
		}
	}
	if name := at[len(at)-1].name; name == "tags" || name == "tags_all" {
		return
	}
	p.items(at)
	switch prop.Type {
	case "string":
		if l, any := p.textLimits(at); any {
			set(l)
		}
	case "integer", "number":
		if l, any := p.numberLimits(at); any {
			set(l)
		}
	}
}

var (
	quoted = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"`)
	oneOf  = regexp.MustCompile(`(?s)(?:to be one of|must be one of:?|value must be one of:?|[Vv]alid [Vv]alues:?(?: are)?:?|expected one of) *(\[[^\]]*\])`)
)

func enumeration(problem *tfplugin.Problem) []any {
	m := oneOf.FindStringSubmatch(problem.Summary + " " + problem.Detail)
	if m == nil {
		return nil
	}
	var out []any
	if q := quoted.FindAllStringSubmatch(m[1], -1); q != nil {
		for _, s := range q {
			out = append(out, s[1])
		}
		return out
	}
	for _, s := range strings.Fields(strings.NewReplacer("[", " ", "]", " ", ",", " ").Replace(m[1])) {
		if n, err := strconv.ParseFloat(s, 64); err == nil {
			out = append(out, n)
		} else {
			out = append(out, s)
		}
	}
	return out
}

func says(problem *tfplugin.Problem) string {
	s := problem.Summary
	if problem.Detail != "" {
		s += ": " + problem.Detail
	}
	return s
}

var (
	fewest = regexp.MustCompile(`requires (\d+) item minimum`)
	most   = regexp.MustCompile(`supports (\d+) item maximum`)
)

// items measures how many elements a list of plain values may have.
func (p *prober) items(at place) {
	prop := at.last()
	if prop.Type != "list" && prop.Type != "set" || prop.Elem == nil || prop.Elem.Type != "string" {
		return
	}
	count := func(n int, says *regexp.Regexp) int {
		list := make([]any, n)
		for i := range list {
			list[i] = fmt.Sprintf("aaaa%d", i)
		}
		c, err := p.block.Value(p.config(at, list))
		if err != nil {
			return 0
		}
		p.calls++
		problems, _ := p.tf.validate(p.name, c)
		for _, problem := range problems {
			if m := says.FindStringSubmatch(problem.Detail); m != nil && speaksOf(problem, at[len(at)-1].name) {
				n, _ := strconv.Atoi(m[1])
				return n
			}
		}
		return 0
	}
	const many = 300
	if low, high := count(0, fewest), count(many, most); low > 0 || high > 0 {
		prop.Limits = &facts.Limits{MinItems: low, MaxItems: high}
	}
}

func (p *prober) numberLimits(at place) (facts.Limits, bool) {
	problems := map[float64]*tfplugin.Problem{}
	taken := func(n float64) bool {
		problem, asked := problems[n]
		if !asked {
			problem = p.refused(at, n)
			problems[n] = problem
		}
		return problem == nil
	}
	least, most := float64(math.MinInt32), float64(math.MaxInt32)
	if taken(least) && taken(most) && taken(0) {
		return facts.Limits{}, false
	}
	tried := []float64{1, 2, 3, 62, 5, 6, 7, 10, 15, 20, 24, 30, 50, 60, 90, 100, 120, 128, 256, 300, 400, 443, 600, 900, 1000, 1024, 3600, 7200, 10000, 43200, 65536, 86400, 0, -1}
	for _, n := range []float64{least, most, 0} {
		if problem := problems[n]; problem != nil {
			if allowed := enumeration(problem); len(allowed) > 0 && reflect.TypeOf(allowed[0]).Kind() == reflect.Float64 &&
				!slices.ContainsFunc(tried, func(n float64) bool { return taken(n) != slices.Contains(allowed, any(n)) }) {
				return facts.Limits{Allowed: allowed}, true
			}
		}
	}
	good := math.NaN()
	for _, n := range tried {
		if taken(n) {
			good = n
			break
		}
	}
	if math.IsNaN(good) {
		p.failed = append(p.failed, at.path()+": no number is taken: "+says(problems[0]))
		return facts.Limits{}, false
	}
	l := facts.Limits{}
	if !taken(least) {
		bound := outermost(good, least, taken)
		l.Least, l.Says = &bound, says(problems[least])
	}
	if !taken(most) {
		bound := outermost(good, most, taken)
		l.Most, l.Says = &bound, says(problems[most])
	}
	for _, n := range []float64{0, -1} {
		if taken(n) && !l.TakesNumber(n) {
			l.Besides = append(l.Besides, n)
		}
	}
	if !taken(0) && l.TakesNumber(0) {
		l.Barred, l.Says = []float64{0}, says(problems[0])
	}
	if slices.ContainsFunc(tried, func(n float64) bool { return taken(n) != l.TakesNumber(n) }) {
		p.failed = append(p.failed, at.path()+": no range explains what numbers are taken: "+l.Says)
		return facts.Limits{}, false
	}
	return l, l.Least != nil || l.Most != nil || l.Barred != nil
}

// outermost is the last whole number that is taken on the way from one that is to one that is not.
func outermost(good, bad float64, taken func(float64) bool) float64 {
	for math.Abs(bad-good) > 1 {
		if mid := math.Floor((good + bad) / 2); taken(mid) {
			good = mid
		} else {
			bad = mid
		}
	}
	return good
}
