// Command measure asks the AWS provider what it knows of the resource types that the offline AWS has, and writes it down. It
// runs the provider's released binary (see internal/tfplugin) and makes no request to AWS.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/facts"
	_ "github.com/deepstreamhub/platform/internal/awssim/services" // the types to be measured
	"github.com/deepstreamhub/platform/internal/tfplugin"
)

func main() {
	out := flag.String("out", "facts.json", "file to write")
	only := flag.String("only", "", "part of the tokens to ask for; what is known of others stays")
	without := flag.String("without", "", "part of the tokens to leave as they are known")
	verbose := flag.Bool("unmeasured", false, "say what could not be measured")
	flag.Parse()
	if err := run(context.Background(), *out, *only, *without, *verbose); err != nil {
		fmt.Fprintln(os.Stderr, "measure facts:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out, only, without string, verbose bool) error {
	path, err := tfplugin.Find()
	if err != nil {
		return err
	}
	tf := &asker{ctx: ctx, path: path}
	if err := tf.start(); err != nil {
		return err
	}
	defer func() { tf.Close() }()
	part, err := open(out + ".part")
	if err != nil {
		return err
	}
	known := part.known
	for _, token := range cloud.Types() {
		if known[token] != nil {
			continue
		}
		if !strings.Contains(token, only) || without != "" && strings.Contains(token, without) {
			if t, ok := facts.Of(token); ok {
				known[token] = t
			}
			continue
		}
		began := time.Now()
		k, _ := cloud.Lookup(token)
		name, err := terraformName(token, k.Schema, tf.Schemas)
		if err != nil {
			return err
		}
		m := &matcher{}
		t := &facts.Type{Terraform: name, Fields: m.fields("", tf.Schemas[name], k.Schema.Inputs.Fields, k.Schema.Outputs.Fields)}
		p := &prober{tf: tf, name: name, block: tf.Schemas[name], typ: t}
		p.measure()
		if err := part.add(token, t); err != nil {
			return err
		}
		fmt.Printf("%s %s %v calls %d\n", token, name, time.Since(began).Round(time.Millisecond), p.calls)
		if verbose {
			for _, s := range append(m.lost, p.failed...) {
				fmt.Println("    ", s)
			}
		}
	}
	if err := save(out, known); err != nil {
		return err
	}
	return part.done()
}

// save writes what is known of the types.
func save(out string, known map[string]*facts.Type) error {
	s := sharer{shapes: map[string]int{}}
	for token, t := range known { // what is known already shares its objects, and share writes into them
		known[token] = new(facts.Type)
		if err := json.Unmarshal([]byte(text(t)), known[token]); err != nil {
			return err
		}
		s.count(known[token].Fields)
	}
	for _, token := range sorted(known) {
		s.share(known[token].Fields)
	}
	return os.WriteFile(out, []byte(layOut(s.list, known)), 0o644)
}

// layOut writes one property of a type a line, so that a change shows where it is.
func layOut(shapes []map[string]*facts.Property, known map[string]*facts.Type) string {
	var b strings.Builder
	fmt.Fprintf(&b, "{\"provider\":%q,\n\"shapes\":[\n", tfplugin.Version)
	for i, s := range shapes {
		fmt.Fprintf(&b, "%s%s\n", text(s), comma(i, len(shapes)))
	}
	b.WriteString("],\n\"types\":{\n")
	for i, token := range sorted(known) {
		t := known[token]
		fmt.Fprintf(&b, "%q:{\"terraform\":%q,\"rules\":%s,\"fields\":{\n", token, t.Terraform, text(append([]facts.Rule{}, t.Rules...)))
		for j, name := range sorted(t.Fields) {
			fmt.Fprintf(&b, "%q:%s%s\n", name, text(t.Fields[name]), comma(j, len(t.Fields)))
		}
		fmt.Fprintf(&b, "}}%s\n", comma(i, len(known)))
	}
	b.WriteString("}}\n")
	return b.String()
}

func text(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // none of the facts' types can fail
	}
	return string(raw)
}

func comma(i, n int) string {
	if i < n-1 {
		return ","
	}
	return ""
}

// sharer writes objects down once that occur several times, as the statements of a web ACL do.
type sharer struct {
	shapes map[string]int // how often; below zero: -1 - index in list
	list   []map[string]*facts.Property
}

// large is from how many characters on an object is worth a shape of its own.
const large = 200

func (s *sharer) count(fields map[string]*facts.Property) {
	for _, p := range fields {
		for ; p != nil; p = p.Elem {
			if p.Fields != nil {
				p.Shape = nil
				s.count(p.Fields)
				s.shapes[text(p.Fields)]++
			}
		}
	}
}

// share goes from the leaves up, and puts the index of a shape in the place of every object that occurs more than once.
func (s *sharer) share(fields map[string]*facts.Property) {
	for _, name := range sorted(fields) {
		for p := fields[name]; p != nil; p = p.Elem {
			if p.Fields == nil {
				continue
			}
			k := text(p.Fields)
			n := s.shapes[k]
			if n > 1 && len(k) >= large {
				s.share(p.Fields)
				s.list = append(s.list, p.Fields)
				n = -len(s.list)
				s.shapes[k] = n
			} else if n >= 0 {
				s.share(p.Fields)
			}
			if n < 0 {
				i := -1 - n
				p.Shape, p.Fields = &i, nil
			}
		}
	}
}
