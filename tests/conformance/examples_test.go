package conformance

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	"github.com/zclconf/go-cty/cty"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/facts"
	"github.com/deepstreamhub/platform/internal/awssim/provider"
	"github.com/deepstreamhub/platform/internal/tfplugin"
)

// The real provider and the offline AWS take the same resources of the examples in the SDK's documentation. What an example says
// as a whole comes up, is as it was when it is asked for again, and goes.
func TestExamplesOfTheSDK(t *testing.T) {
	tf := real(t)
	docs := readDocs(t)
	reasons, refusals := readReasons(t, "reasons.txt"), readReasons(t, "examples.txt")
	tally := map[string]int{}
	for _, e := range docs.examples {
		plan := newStack(t, docs, e)
		plan.judge = func(typ string, in cloud.Map, problems []string) {
			compareOne(t, tally, reasons, plans(t, tf, typ, in, problems, e.name))
		}
		plan.run(e)
		if plan.resources == 0 || plan.open {
			continue
		}
		up := newStack(t, docs, e)
		up.creates = true
		up.run(e)
		if up.open {
			continue
		}
		up.again()
		up.destroy()
		switch f := (finding{Path: e.name, There: "up", Here: refused, Because: up.refused}); {
		case up.refused == "":
			tally["whole examples"]++
		case refusals.explain(f):
			tally["whole examples refused for a reason"]++
		default:
			t.Error(f)
		}
	}
	agree(t, tally)
	require.Zero(t, tally["changes, apart"]+tally["wrong inputs, apart"]+tally["wrong plans, apart"]+tally["refused here alone, apart"])
	require.GreaterOrEqual(t, tally["changes"], 850)
	require.GreaterOrEqual(t, tally["whole examples"], 40)
	for _, r := range refusals {
		require.NotZero(t, r.used, "examples.txt: nothing is refused as %s says", r.path)
	}
}

// plans is what both say of a new resource.
func plans(t *testing.T, tf *tfplugin.Provider, typ string, in cloud.Map, problems []string, where string) finding {
	t.Helper()
	known, ok := facts.Of(typ)
	require.True(t, ok, typ)
	kind, _ := cloud.Lookup(typ)
	j := &judge{tf: tf, kind: kind, facts: known, block: tf.Schemas[known.Terraform], prior: cty.NilVal}
	there, why, err := j.says(t.Context(), in)
	if err != nil { // not of the provider's types
		there, why = refused, err.Error()
	}
	f := finding{typ, "example", where, there, there, why, strings.Join(problems, "; ")}
	switch {
	case len(problems) > 0:
		f.Here = refused
	case there == refused || there == refusedInPlan:
		f.Here = "create"
	}
	return f
}

const sdkPath = "github.com/pulumi/pulumi-aws/sdk/v6/go/aws"

// docs is the SDK as it lies in the module cache.
type docs struct {
	examples  []example
	tokens    map[string]string // of constructors and functions, as ec2.NewVpc
	constants map[string]string
}

type example struct{ name, source string }

var (
	tokenOf    = regexp.MustCompile(`(?s)\nfunc (\w+)\(ctx \*pulumi\.Context[^\n]*\n.*?\n\t(?:err := ctx\.RegisterResource|err := ctx\.Invoke)\("([^"]+)"`)
	constantOf = regexp.MustCompile(`\n\t(\w+) += \w+\("([^"]*)"\)`)
	programOf  = regexp.MustCompile("(?s)```go\n(package main\n.*?)```")
)

func readDocs(t testing.TB) *docs {
	t.Helper()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/pulumi/pulumi-aws/sdk/v6").Output()
	require.NoError(t, err)
	root := filepath.Join(strings.TrimSpace(string(dir)), "go", "aws")
	d := &docs{tokens: map[string]string{}, constants: map[string]string{}}
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasPrefix(entry.Name(), "pulumiTypes") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		page, err := filepath.Rel(root, path)
		d.read(page, string(text))
		return err
	}))
	return d
}

func (d *docs) read(page, text string) {
	pkg := strings.TrimPrefix(filepath.Dir(page), ".")
	for _, m := range tokenOf.FindAllStringSubmatch(text, -1) {
		d.tokens[pkg+"."+m[1]] = m[2]
	}
	if filepath.Base(page) == "pulumiEnums.go" {
		for _, m := range constantOf.FindAllStringSubmatch(text, -1) {
			d.constants[pkg+"."+m[1]] = m[2]
		}
	}
	var comments strings.Builder
	for line := range strings.Lines(text) {
		if c, is := strings.CutPrefix(line, "//"); is {
			comments.WriteString(strings.TrimPrefix(c, " "))
		}
	}
	for i, m := range programOf.FindAllStringSubmatch(comments.String(), -1) {
		// Some lists have a type that Go has no lists of.
		d.examples = append(d.examples, example{fmt.Sprintf("%s %d", page, i), strings.ReplaceAll(m[1], " interface{}{", " []interface{}{")})
	}
}

// stack is what an example makes in an account of its own.
type stack struct {
	t         *testing.T
	docs      *docs
	aws       offline
	creates   bool // otherwise its inputs are checked only
	judge     func(typ string, in cloud.Map, problems []string)
	resources int
	open      bool // something in it is known to nobody
	refused   string
	held      []held
}

type held struct {
	urn, id string
	asked   cloud.Map
	in, out *structpb.Struct
}

// newStack opens an account in the region that an example speaks of.
func newStack(t *testing.T, d *docs, e example) *stack {
	t.Helper()
	c, err := cloud.Open(cloud.Options{})
	require.NoError(t, err)
	in := "eu-central-1"
	for _, region := range slices.Sorted(maps.Keys(c.Account().Regions)) {
		if strings.Contains(e.source, region) {
			in = region
		}
	}
	s := &stack{t: t, docs: d, aws: offline{provider.New(c)}, judge: func(string, cloud.Map, []string) {}}
	_, err = s.aws.s.Configure(t.Context(), &pulumirpc.ConfigureRequest{Args: wire(t, cloud.Map{"region": in})})
	require.NoError(t, err)
	return s
}

func (s *stack) run(e example) {
	file, err := parser.ParseFile(token.NewFileSet(), e.name, e.source, 0)
	if err != nil { // of no use
		s.open = true
		return
	}
	p := &program{s, map[string]string{"fmt": "fmt", "json": "encoding/json"}, map[string]any{}}
	for _, i := range file.Imports {
		path, err := strconv.Unquote(i.Path.Value)
		require.NoError(s.t, err)
		name := filepath.Base(path)
		if i.Name != nil {
			name = i.Name.Name
		}
		p.imports[name] = path
	}
	defer func() {
		if r := recover(); r != nil {
			if _, is := r.(foreign); !is {
				panic(r)
			}
			s.open = true
		}
	}()
	ast.Inspect(file, func(n ast.Node) bool {
		f, is := n.(*ast.FuncLit)
		if is {
			p.block(f.Body.List)
		}
		return !is
	})
}

func (s *stack) create(typ, name string, in cloud.Map) any {
	nothing := made{cloud.Unknown, nil}
	if _, known := cloud.Lookup(typ); !known || s.refused != "" {
		s.open = s.open || !known
		return nothing
	}
	if in == nil {
		in = cloud.Map{}
	}
	s.resources++
	if s.creates && open(in) {
		s.open = true
		return nothing
	}
	h := held{urn: "urn:pulumi:s::p::" + typ + "::" + name, asked: in}
	var problems []string
	h.in, problems = s.aws.check(s.t.Context(), s.t, h.urn, nil, in)
	s.judge(typ, in, problems)
	if len(problems) > 0 {
		s.open = true
		return nothing
	}
	if !s.creates {
		return nothing
	}
	r, err := s.aws.s.Create(s.t.Context(), &pulumirpc.CreateRequest{Urn: h.urn, Properties: h.in})
	if err != nil {
		s.refused = err.Error()
		return nothing
	}
	h.id, h.out = r.GetId(), r.GetProperties()
	s.held = append(s.held, h)
	return made{h.id, s.properties(h.out)}
}

func (s *stack) properties(out *structpb.Struct) cloud.Map {
	s.t.Helper()
	m, err := plugin.UnmarshalProperties(out, plugin.MarshalOptions{})
	require.NoError(s.t, err)
	return m.MapRepl(nil, nil)
}

func (s *stack) invoke(tok string, in cloud.Map) any {
	if _, known := cloud.FunctionSchema(tok); !known || open(in) {
		s.open = true
		return cloud.Unknown
	}
	r, err := s.aws.s.Invoke(s.t.Context(), &pulumirpc.InvokeRequest{Tok: tok, Args: wire(s.t, in)})
	if err != nil || len(r.GetFailures()) > 0 { // what it asks for is not in the account
		s.open = true
		return cloud.Unknown
	}
	return s.properties(r.GetReturn())
}

func (s *stack) constant(pkg, name string) any {
	if v, ok := s.docs.constants[strings.Trim(strings.TrimPrefix(pkg, sdkPath), "/")+"."+name]; ok {
		return v
	}
	return cloud.Unknown
}

// again asks for the same once more, before and after a refresh: nothing changes.
func (s *stack) again() {
	for _, h := range s.held {
		in, problems := s.aws.check(s.t.Context(), s.t, h.urn, h.in, h.asked)
		require.Empty(s.t, problems, h.urn)
		for range 2 {
			d, err := s.aws.s.Diff(s.t.Context(), &pulumirpc.DiffRequest{Urn: h.urn, Id: h.id, OldInputs: h.in, Olds: h.out, News: in})
			require.NoError(s.t, err)
			require.Empty(s.t, d.GetDiffs(), h.urn)
			r, err := s.aws.s.Read(s.t.Context(), &pulumirpc.ReadRequest{Urn: h.urn, Id: h.id, Inputs: h.in, Properties: h.out})
			require.NoError(s.t, err)
			require.Equal(s.t, h.id, r.GetId(), h.urn)
			h.in, h.out = r.GetInputs(), r.GetProperties()
		}
	}
}

func (s *stack) destroy() {
	for _, h := range slices.Backward(s.held) {
		if _, err := s.aws.s.Delete(s.t.Context(), &pulumirpc.DeleteRequest{Urn: h.urn, Id: h.id, Properties: h.out}); err != nil && s.refused == "" {
			s.refused = err.Error()
		}
	}
}
