package prcomment

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/risk"
	"github.com/deepstreamhub/platform/internal/values"
)

var update = flag.Bool("update", false, "rewrite the golden files; the tests that differed still fail")

// fleet is what prod-eu holds by its configuration.
var fleet = risk.Fleet{Service: "deepstream", Peak: 20_000, Tasks: 12, PerTask: 1667, Hosts: 3, TasksPerHost: 8}

// recorded reads a plan that a preview of a production region gave, without the inputs that do not matter here.
func recorded(t *testing.T, name string) plan.Plan {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var steps []struct {
		plan.Step
		Old, New map[string]any
	}
	if err := json.Unmarshal(data, &steps); err != nil {
		t.Fatal(err)
	}
	p := plan.Plan{Stack: "prod-eu", Preview: true}
	for _, s := range steps {
		s.Step.Old, s.Step.New = marked(s.Old), marked(s.New)
		p.Steps = append(p.Steps, s.Step)
	}
	return p
}

// marked puts the marks back that JSON wrote as text.
func marked(from map[string]any) map[string]any {
	for name, v := range from {
		switch v := v.(type) {
		case map[string]any:
			marked(v)
		case string:
			if m := plan.Mark(v); m == plan.Secret || m == plan.Unknown {
				from[name] = m
			}
		}
	}
	return from
}

func TestComments(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]string{"four-classes": "", "protection-off": "", "failed": "preview prod-eu: aws:rds/cluster:Cluster database-cluster: ```no```"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := plan.Plan{Stack: "prod-eu"}
			if failure == "" {
				p = recorded(t, name)
			} else {
				p.Failed = []plan.Step{{URN: "u", Type: "aws:rds/cluster:Cluster", Name: "database-cluster", Op: plan.OpDelete, Protect: true}}
			}
			got := Preview{Plan: p, Assessment: risk.Assess(p, fleet), Error: failure}.Markdown()
			path := filepath.Join("testdata", name+".md")
			want, err := os.ReadFile(path)
			if err == nil && string(want) == got {
				return
			}
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			t.Errorf("%s differs (-want +got); run with -update and review the change:\n%s", path, cmp.Diff(string(want), got))
		})
	}
}

func TestNothingChanges(t *testing.T) {
	t.Parallel()
	p := plan.Plan{Stack: "prod-eu", Steps: []plan.Step{{URN: "a", Type: "aws:ec2/vpc:Vpc", Op: plan.OpSame}}}
	got := Preview{Plan: p, Assessment: risk.Assess(p, fleet)}.Markdown()
	want := "<!-- deepstreamhub:preview:prod-eu -->\n### ⚪ <code>prod-eu</code>: nothing\n\nNothing changes: 1 resource as the configuration says.\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// many is a plan of n resources that all change in their own way.
func many(n int) plan.Plan {
	p := plan.Plan{Stack: "prod-eu"}
	ops := []plan.Op{plan.OpCreate, plan.OpUpdate, plan.OpReplace, plan.OpDelete}
	for i := range n {
		name := fmt.Sprintf("resource-%d", i)
		p.Steps = append(p.Steps, plan.Step{
			URN: name, Name: name, Type: fmt.Sprintf("aws:some/type%d:Type", i), Op: ops[i%len(ops)], Changed: []string{"value", "other"},
			Old: map[string]any{"value": strings.Repeat("o", i%300), "other": i}, New: map[string]any{"value": strings.Repeat("n", i%300), "other": -i},
		})
	}
	return p
}

var leftOut = regexp.MustCompile(`\*\*([0-9,]+) changes? in ([0-9,]+) rows? left out\*\*`)

// However much there is to tell, GitHub takes the comment, no row is cut, and what is missing is counted.
func TestCommentFits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 800).Draw(t, "resources")
		limit := rapid.IntRange(9000, Limit).Draw(t, "limit")
		p := many(n)
		failure := strings.Repeat("x", rapid.SampledFrom([]int{0, 20, 50_000}).Draw(t, "error"))
		p.Diff = strings.Repeat(rapid.SampledFrom([]string{"", "~ a line\n", "a line without an end", "`", "ä"}).Draw(t, "diff"), rapid.IntRange(0, 20_000).Draw(t, "times"))
		got := Preview{Plan: p, Assessment: risk.Assess(p, fleet), Error: failure}.markdown(limit)
		if len(got) > limit {
			t.Fatalf("%d bytes, limit %d", len(got), limit)
		}
		if strings.Count(got, "<details>") != strings.Count(got, "</details>") {
			t.Fatal("something collapsed stays open")
		}
		named := 0
		for _, line := range strings.Split(got, "\n") {
			if strings.Contains(line, "<code>resource-") {
				named++
				if strings.Count(line, " | ") != 2 || !strings.HasSuffix(line, "|") {
					t.Fatalf("not a whole row: %s", line)
				}
			}
		}
		missing := 0
		if m := leftOut.FindStringSubmatch(got); m != nil {
			_, _ = fmt.Sscan(strings.ReplaceAll(m[1], ",", ""), &missing)
		}
		if named+missing != n {
			t.Fatalf("%d of %d changes shown, %d said to be missing", named, n, missing)
		}
	})
}

// No value that may be secret is shown: neither what the engine blinded nor what is called like a secret, alone, inside
// of other values, or inside of documents.
func TestSecretsAreHidden(t *testing.T) {
	t.Parallel()
	const secret = "correct-horse"
	changes := map[string][2]any{
		"masterPassword": {secret, secret + "2"},
		"blinded":        {plan.Secret, plan.Secret},
		"auth_token":     {secret, secret + "2"},
		"nested":         {nil, map[string]any{"inside": []any{map[string]any{"secretString": secret}}}},
		"document":       {`{"a":[{"name":"DB_PASSWORD","value":"x"}]}`, `{"a":[{"name":"DB_PASSWORD","value":"` + secret + `"}]}`},
	}
	// What is on one side only, whole or inside of something, and what is no document although it looks like one.
	pairs := []any{map[string]any{"name": "DB_PASSWORD", "value": secret}, map[string]any{"name": "CLIENT_SECRET", "value": secret}}
	for name, v := range map[string]any{
		"json": `{"password": "` + secret + `"}`, "deep": `{"a":[{"b":{"apiKey":"` + secret + `"}}]}`, "jsonInJSON": `{"a":"{\"password\":\"` + secret + `\"}"}`,
		"inMap": map[string]any{"policy": `{"password": "` + secret + `"}`}, "inList": []any{`{"authToken": "` + secret + `"}`},
		"listed": pairs, "jsonList": `[{"name":"DB_PASSWORD","value":"` + secret + `"}]`, "keyed": []any{map[string]any{"Key": "API_TOKEN", "Value": secret}},
		"object": map[string]any{"password": secret}, "numbers": map[string]any{"password": []any{secret, 1.0}}, "cut": `{"password": "` + secret + ``,
		"script": "export DB_PASSWORD=" + secret + "\nrun", "yaml": "password: " + secret, "address": "postgres://deepstream:" + secret + "@db:5432/x",
		"quoted": `run --password="` + secret + ` more" --x`, "upper": `{"PASSWORD":"` + secret + `"}`, "spaced": "  {\"a\": {\"secretString\": \"" + secret + "\"}}\n",
	} {
		changes[name+"New"], changes[name+"Gone"], changes[name+"Known"] = [2]any{nil, v}, [2]any{v, nil}, [2]any{plan.Unknown, v}
		changes[name+"Emptied"], changes[name+"Plain"] = [2]any{v, ""}, [2]any{"text", v}
	}
	got := ""
	for name, v := range changes { // each in a row of its own: a row shows some only
		s := plan.Step{URN: name, Name: "n", Type: "t", Op: plan.OpUpdate, Changed: []string{name}, Old: map[string]any{name: v[0]}, New: map[string]any{name: v[1]}}
		p := plan.Plan{Stack: "s", Steps: []plan.Step{s}}
		text := Preview{Plan: p, Assessment: risk.Assess(p, fleet)}.Markdown()
		if strings.Contains(text, secret) {
			t.Errorf("a secret is shown:\n%s", text)
		}
		got += text
	}
	for name := range changes {
		if !strings.Contains(got, plain(name)) {
			t.Errorf("that %s changes is not shown:\n%s", name, got)
		}
	}
	listed := "              ~ [0]: {\n                  + name : \"DB_PASSWORD\"\n                  + value: \"" + secret + "\"\n                }\n"
	told := plan.Plan{Stack: "s", Diff: listed + "    ~ masterPassword  : \"" + secret + "\" => \"" + secret + "2\"\n"}
	told.Steps = []plan.Step{{URN: "u", Name: "n", Type: "t", Op: plan.OpCreate}}
	if text := (Preview{Plan: told, Assessment: risk.Assess(told, fleet)}).Markdown(); strings.Contains(text, secret) || !strings.Contains(text, "DB_PASSWORD") {
		t.Errorf("of the engine's diff:\n%s", text)
	}
	p := plan.Plan{Stack: "s"}
	failed := Preview{Plan: p, Assessment: risk.Assess(p, fleet), Error: "create secret: {\"password\": \"" + secret + "\"} is too short"}.Markdown()
	if strings.Contains(failed, secret) || !strings.Contains(failed, "is too short") {
		t.Errorf("of an error:\n%s", failed)
	}
}

// What only names a secret is shown: a reviewer has to see which one.
func TestNamesOfSecretsAreShown(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:database-secret-AbCdEf"
	for _, v := range []any{arn, []any{arn}, map[string]any{"Resource": arn, "Action": "secretsmanager:GetSecretValue"}, `{"Resource":"` + arn + `"}`} {
		if got := show(values.Shown(v)); !strings.Contains(got, plain(arn)) {
			t.Errorf("%v: %s", v, got)
		}
	}
	if got := show(values.Shown([]any{map[string]any{"name": "DB_PASSWORD", "value": "x"}})); !strings.Contains(got, plain("DB_PASSWORD")) {
		t.Error(got)
	}
}

// A value cannot leave its cell or become markup, a link to a user or an issue.
func TestValuesAreOnlyValues(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		got := code(rapid.String().Draw(t, "value"))
		inner := strings.TrimSuffix(strings.TrimPrefix(got, "<code>"), "</code>")
		if strings.ContainsAny(inner, "<>|`*_[@\n\r\\~") {
			t.Fatalf("%q", got)
		}
	})
	if got, want := fence("a ``` b", 100), "````text\na ``` b\n````"; got != want {
		t.Errorf("got %q", got)
	}
}

// compare is the change of one input as the comment has it.
func compare(path string, before, after any) []string {
	var out []string
	for _, c := range values.Compare(path, before, after) {
		out = append(out, change(c))
	}
	return out
}

func TestCompare(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		before, after any
		want          []string
	}{
		{"a", "b", []string{"<code>p</code>: <code>a</code> → <code>b</code>"}},
		{nil, true, []string{"<code>p</code>: *none* → <code>true</code>"}},
		{"", 3.0, []string{"<code>p</code>: *empty* → <code>3</code>"}},
		{"a", plan.Unknown, []string{"<code>p</code>: <code>a</code> → *known after the run*"}},
		{`{"a":1,"b":2}`, `{"b":3,"a":1}`, []string{"<code>p.b</code>: <code>2</code> → <code>3</code>"}},
		{`{"a":1,"b":2}`, `{"b":2, "a":1}`, []string{"<code>p</code>: the same, written differently"}},
		{`[{"name":"x","image":"1"}]`, `[{"name":"x","image":"2"}]`, []string{"<code>p&#91;x].image</code>: <code>1</code> → <code>2</code>"}},
	} {
		if diff := cmp.Diff(tt.want, compare("p", tt.before, tt.after)); diff != "" {
			t.Error(diff)
		}
	}
}

// FuzzComment has any text on either side of a change: it stays in its cell, and what is called a password is not shown.
func FuzzComment(f *testing.F) {
	f.Add("value", `{"a":[{"name":"x","value":1}]}`, "text")
	f.Add("p[0].q", `[{"name":"DB_PASSWORD","value":"x"}`, `{"password":`)
	f.Add("", "{}", "[]")
	f.Fuzz(func(t *testing.T, path, before, after string) {
		const secret = "correct-horse-battery"
		for _, sides := range [][2]any{
			{before, after}, {nil, after}, {before, plan.Unknown}, {map[string]any{path: before}, []any{after}}, {map[string]any{"password": secret}, after},
			{before, `{"password":"` + secret + `"}`}, {[]any{map[string]any{"name": "API_TOKEN", "value": secret}}, before},
		} {
			for _, line := range compare(path, sides[0], sides[1]) {
				if strings.ContainsAny(line, "|\n\r@`") || strings.Contains(line, secret) {
					t.Errorf("%q", line)
				}
			}
		}
	})
}
