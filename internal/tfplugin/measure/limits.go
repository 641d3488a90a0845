package main

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/deepstreamhub/platform/internal/awssim/facts"
	"github.com/deepstreamhub/platform/internal/tfplugin"
)

// battery are texts of every form that AWS's properties take, good and bad. What fits a property of one form comes among the first.
var battery = []string{
	"aaaa", "bbbb", "a.example.com", "b.example.com", "arn:aws:iam::123456789012:role/aaaa", "arn:aws:iam::123456789012:role/bbbb",
	"10.0.0.0/16", "10.1.0.0/16", "10.0.0.1", "10.0.0.2", "fd00::/56", "fd01::/56", "fd00::1",
	`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}]}`,
	`[{"name":"a","image":"b"}]`, `[{"name":"a","image":"c"}]`, `{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":3},"action":{"type":"expire"}}]}`,
	`{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":4},"action":{"type":"expire"}}]}`, "{}", `{"a":"b"}`, `{"Version":"2012-10-17"}`,
	`{"Version":"2012-10-17","Statement":[]}`, "10", "20", "2h", "3h", "20m", "true", "false", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z", "123456789012", "210987654321",
	"https://a.example.com/x", "https://b.example.com/x", "http://a.example.com", "eu-central-1", "eu-west-1", "eu-central-1a", "cron(0 5 * * ? *)", "cron(0 6 * * ? *)", "rate(5 minutes)", "YWFhYQ==", "YmJiYg==",
	"mon:03:00-mon:04:00", "tue:03:00-tue:04:00", "Mon:03:00-Mon:04:00", "03:00-04:00", "05:00-06:00", "alias/aaaa", "alias/bbbb", "/aaaa", "/bbbb", "/", "redis6.x", "7.1", "vpc-12345678", "i-12345678", "application/json", "text/plain",
	"lt-0123456789abcdef0", "2026-01-01_00:00", "us-east-1", "p99", "tag", "aaaaaaaaaaaaaaaaaaaaaaaa", "Aaaaaaaaaaaaaaaa1!", "$Latest", "$Default", "1", "2", "0", "-1", "1.5", "", " ", "a b", "A", "a", "a-b", "a_b", "a.b", "a/b", "a:b", "a@b.c", "-a", "a-", "a--b", "1a", "é", "[]", "null", "\"a\"", " {}", "{", "arn:aws:s3:::a", "arn:aws", "10.0.0.1/16", "10.0.0.0/33", "256.0.0.0",
	"2026-01-01", "200", "200-299", "*", "aws", "HTTP", "TCP", "tcp", "all", "(", "mon:25:00-mon:26:00", "(ˆ", "provider-1", "key",
	"1h", "24h", "0s", "-1h", "999999h", "cool!", "traffic-port", "65536", "65537", "icmp", "custom-a", "aurora-postgresql", "postgres", "8.0", "AWSRDSCustomA", strings.Repeat("0a", 20), "fd00::1/56", "::/0", "0.0.0.0/0", "1.2.3.4/32", "http://", "ftp://a.b/c", "awslogs", "Z", "aws-managed", "12345678901", "xn--a", "a..b", ".a", "a.", "A1-b",
}

// odds are texts of which a property with any form refuses one.
var odds = []string{"", " ", "aaaa", "a b", "é", "{", "Aa-1_./:@", "10.0.0.0/16", "-1", "(", "arn:aws:s3:::a", strings.Repeat("a", 100), "b--a-", "2026-01-01", "aaaa\n", "<script>"}

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
		if path == whole || strings.HasPrefix(whole, path+".") && speaksOf(problem, name) {
			return problem
		}
	}
	return nil
}

// speaksOf reports whether a problem names a property.
func speaksOf(problem *tfplugin.Problem, property string) bool {
	return regexp.MustCompile(`\b` + property + `\b`).MatchString(problem.Summary + " " + problem.Detail)
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

func (p *prober) textLimits(at place) (facts.Limits, bool) {
	const odd = "no such value, I hope"
	if problem := p.refused(at, odd); problem != nil {
		if allowed := enumeration(problem); len(allowed) > 0 && p.refused(at, allowed[0]) == nil {
			l := facts.Limits{Allowed: allowed}
			if s, ok := allowed[0].(string); ok && s != strings.ToUpper(s)+"x" {
				for _, other := range []string{strings.ToLower(s), strings.ToUpper(s)} {
					if other != s && !slices.Contains(allowed, any(other)) && p.refused(at, other) == nil {
						l.Format = "any case"
					}
				}
			}
			if p.refused(at, "") == nil && !slices.Contains(allowed, any("")) {
				l.Allowed = append(l.Allowed, "")
			}
			return l, true
		}
	}
	if !slices.ContainsFunc(odds, func(s string) bool { return p.refused(at, s) != nil }) {
		long := p.longest(at, "aaaa")
		return facts.Limits{Longest: long}, long > 0
	}
	taken := map[string]bool{}
	var refusal *tfplugin.Problem
	good := ""
	for _, s := range battery {
		problem := p.refused(at, s)
		taken[s] = problem == nil
		if problem != nil && refusal == nil {
			refusal = problem
		}
		if problem == nil && good == "" && s != "" {
			good = s
		}
	}
	long := 0
	if good != "" {
		long = p.longest(at, good)
	}
	if refusal == nil && long == 0 {
		return facts.Limits{}, false
	}
	l := facts.Limits{Longest: long}
	if refusal != nil {
		l.Says = says(refusal)
		if pattern := stated(refusal); pattern != nil && !slices.ContainsFunc(battery, func(s string) bool {
			return taken[s] != ((long == 0 || utf8.RuneCountInString(s) <= long) && pattern.MatchString(s))
		}) {
			l.Pattern = pattern.String()
			return l, true
		}
		for _, f := range facts.Formats {
			if !slices.ContainsFunc(battery, func(s string) bool { return f.Fits(s) != taken[s] }) {
				l.Format = f.Name
				return l, true
			}
		}
	}
	if good == "" {
		p.failed = append(p.failed, at.path()+": nothing in the battery is taken: "+l.Says)
		return facts.Limits{}, false
	}
	if strings.Trim(good, "ab") == "" { // in others, such as addresses, a place takes what another does not
		p.characters(at, good, &l)
	}
	for l.Shortest = 0; l.Shortest < 20 && p.refused(at, strings.Repeat("a", l.Shortest)) != nil && taken["aaaaaaaaaaaaaaaaaaaaaaaa"]; l.Shortest++ {
		continue
	}
	if !taken[""] {
		l.Shortest = max(l.Shortest, 1)
	}
	for _, s := range battery {
		if taken[s] && !l.Takes(s) { // what one text may hold in a place, no fact refuses in another
			l.Inside, l.First, l.Last = without(l.Inside, s), without(l.First, s), without(l.Last, s)
			l.Shortest = min(l.Shortest, utf8.RuneCountInString(s))
		}
		if l.Takes(s) != taken[s] {
			p.failed = append(p.failed, at.path()+": limits do not explain "+strconv.Quote(s)+" "+strconv.FormatBool(taken[s])+" ("+l.Says+")")
		}
	}
	return l, l.Takes(good)
}

func without(chars, s string) string {
	return strings.Map(func(c rune) rune {
		if strings.ContainsRune(s, c) {
			return -1
		}
		return c
	}, chars)
}

var restriction = regexp.MustCompile(`(?:doesn't comply with restrictions|must match regular expression pattern|must match) \(?("(?:[^"\\]|\\.)*")`)

// stated returns the expression that the provider names when it refuses a text; nil when it names none.
func stated(problem *tfplugin.Problem) *regexp.Regexp {
	m := restriction.FindStringSubmatch(problem.Summary + " " + problem.Detail)
	if m == nil {
		return nil
	}
	text, err := strconv.Unquote(m[1])
	if err != nil {
		return nil
	}
	pattern, err := regexp.Compile(text)
	if err != nil {
		return nil
	}
	return pattern
}

// characters measures which characters a text may not hold.
func (p *prober) characters(at place, good string, l *facts.Limits) {
	half := len(good) / 2
	var chars []string
	for _, c := range "aA1 -_./:@+=#%&*()!$'\"<>|~\\{}[],;?^`" {
		chars = append(chars, string(c))
	}
	class := func(c string) string {
		switch {
		case c == "b" || c == "a" || c == "z":
			return "abcdefghijklmnopqrstuvwxyz"
		case c == "B" || c == "A" || c == "Z":
			return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		case c == "0" || c == "1" || c == "9":
			return "0123456789"
		}
		return c
	}
	note := func(into *string, c string) {
		if !strings.Contains(*into, c) {
			*into += class(c)
		}
	}
	for _, c := range append(chars, "é", "\n") {
		if p.refused(at, good[:half]+c+good[half:]) != nil {
			note(&l.Inside, c)
			continue
		}
		if p.refused(at, c+good) != nil {
			note(&l.First, c)
		}
		if p.refused(at, good+c) != nil {
			note(&l.Last, c)
		}
	}
}

// longest measures up to which length a text is taken; 0 when there is no end in sight.
func (p *prober) longest(at place, good string) int {
	fill := good[len(good)-1:]
	text := func(n int) string { return good + strings.Repeat(fill, max(0, n-len(good))) }
	const most = 70000
	if p.refused(at, text(most)) == nil {
		return 0
	}
	if p.refused(at, text(len(good)+1)) != nil {
		return 0 // of a form that cannot be drawn out
	}
	low, high := len(good)+1, most
	for high-low > 1 {
		mid := (low + high) / 2
		if p.refused(at, text(mid)) == nil {
			low = mid
		} else {
			high = mid
		}
	}
	const sure = 20 // a shorter one may be the end of something else, such as a number, but for words
	if low < sure && strings.Trim(good, "ab") != "" {
		return 0
	}
	return low
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
		low, high := least, good
		for high-low > 1 {
			if mid := math.Floor((low + high) / 2); taken(mid) {
				high = mid
			} else {
				low = mid
			}
		}
		l.Least, l.Says = &high, says(problems[least])
	}
	if !taken(most) {
		low, high := good, most
		for high-low > 1 {
			if mid := math.Floor((low + high) / 2); taken(mid) {
				low = mid
			} else {
				high = mid
			}
		}
		l.Most, l.Says = &low, says(problems[most])
	}
	for _, n := range []float64{0, -1} {
		if taken(n) && !l.TakesNumber(n) {
			l.Besides = append(l.Besides, n)
		}
	}
	if slices.ContainsFunc(tried, func(n float64) bool { return taken(n) != l.TakesNumber(n) }) {
		p.failed = append(p.failed, at.path()+": no range explains what numbers are taken: "+l.Says)
		return facts.Limits{}, false
	}
	return l, l.Least != nil || l.Most != nil
}

// texts returns the n-th text that a property takes.
func (p *prober) texts(at place, n int) string {
	prop := leaf(at.last())
	if prop.Limits != nil && len(prop.Allowed) > 0 {
		if s, ok := allowed(prop, n).(string); ok {
			return s
		}
	}
	found := 0
	for _, s := range battery {
		if s == "" || p.refused(at, s) != nil {
			continue
		}
		if found == n {
			return s
		}
		found++
	}
	return []string{"aaaa", "bbbb"}[n%2]
}

// allowed returns the n-th value that says something.
func allowed(prop *facts.Property, n int) any {
	some := slices.DeleteFunc(slices.Clone(prop.Allowed), func(v any) bool { return v == "" || v == 0.0 })
	if len(some) == 0 {
		some = prop.Allowed
	}
	return some[n%len(some)]
}

func (p *prober) numbers(at place, n int) float64 {
	prop := leaf(at.last())
	if prop.Limits == nil {
		p.limits(at)
	}
	if prop.Limits != nil && len(prop.Allowed) > 0 {
		if v, ok := allowed(prop, n).(float64); ok {
			return v
		}
	}
	if prop.Limits != nil && prop.Least != nil {
		return max(*prop.Least, 1) + float64(n)
	}
	if prop.Limits != nil && prop.Most != nil {
		return *prop.Most - float64(n)
	}
	return float64(1 + n)
}
