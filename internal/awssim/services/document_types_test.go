package services

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/facts"
)

const typesHead = `By service. "Takes" is AWS's own time, typically (and at least and at most), and what the provider waits on top of
it; an operation fails when the provider's timeout ends. "Seen" is how long other services take to hear of something
new. Which changes replace a resource is measured at the AWS provider 5.100.0 (decision 14).

`

// documentTypes describes every type, by service.
func documentTypes(s *source) string {
	by := map[string][]string{}
	for _, typ := range cloud.Types() {
		by[cloud.KindOf(typ).Service] = append(by[cloud.KindOf(typ).Service], typ)
	}
	var b strings.Builder
	for _, service := range slices.Sorted(maps.Keys(by)) {
		fmt.Fprintf(&b, "### %s\n\n", service)
		for _, typ := range by[service] {
			describe(&b, s, cloud.KindOf(typ))
		}
	}
	return b.String()
}

func describe(b *strings.Builder, s *source, k *cloud.Kind) {
	fmt.Fprintf(b, "#### `%s`\n\n", k.Type)
	for _, line := range []struct{ name, text string }{
		{"Replaced by a change of", replaced(k)},
		{"Needs", needs(k)},
		{"Made again", madeAgain(k)},
		{"Kept in use by", strings.Join(heldBy(k.Type), ", ")},
		{"Takes", taken(k.Timing)},
		{"Seen by other services after", ranged(k.Propagation)},
		{"Still in use after its deletion, what it stood on, for", ranged(k.ReleaseDelay)},
		{"At most", quota(k)},
	} {
		if line.text != "" {
			fmt.Fprintf(b, "- %s: %s\n", line.name, line.text)
		}
	}
	rows := s.of(k.Type)
	if len(rows) > 0 {
		b.WriteString("\n| Code | Message | Source | Repeated for |\n| --- | --- | --- | --- |\n")
	}
	for _, r := range rows {
		b.WriteString(r.row() + "\n")
	}
	b.WriteString("\n")
}

func replaced(k *cloud.Kind) string {
	t, _ := facts.Of(k.Type)
	paths := slices.DeleteFunc(t.Replacing(), k.Conditional)
	text := strings.Join(paths, ", ")
	if len(k.Swaps) > 0 {
		text += "; and when one of these appears or goes: " + strings.Join(k.Swaps, ", ")
	}
	if text == "" {
		text = "nothing"
	}
	for _, path := range slices.Sorted(maps.Keys(k.ReplaceIf)) {
		text += fmt.Sprintf("; %s, %s", path, k.ReplaceIf[path].When)
	}
	return text
}

func madeAgain(k *cloud.Kind) string {
	if k.Overwrites {
		return "takes the place of what is there"
	}
	return ""
}

func needs(k *cloud.Kind) string {
	var out []string
	for _, r := range k.Refs {
		if entry := fmt.Sprintf("%s (%s)", r.Path, short(r.To)); !slices.Contains(out, entry) {
			out = append(out, entry)
		}
	}
	return strings.Join(out, ", ")
}

// heldBy names the types that keep one in use by a reference.
func heldBy(typ string) []string {
	var out []string
	for _, other := range cloud.Types() {
		for _, r := range cloud.KindOf(other).Refs {
			if r.To == typ && !r.Free && !slices.Contains(out, short(other)) {
				out = append(out, short(other))
			}
		}
	}
	return out
}

func short(typ string) string { return typ[strings.LastIndex(typ, ":")+1:] }

func taken(t cloud.Timing) string {
	var out []string
	for _, part := range []struct {
		name        string
		own         cloud.Range
		wait, limit time.Duration
	}{
		{"creation", t.Create, t.Wait.Create, t.Limit.Create},
		{"update", t.Update, t.Wait.Update, t.Limit.Update},
		{"deletion", t.Delete, t.Wait.Delete, t.Limit.Delete},
	} {
		if part.own.Max == 0 && part.wait == 0 {
			continue
		}
		text := part.name + " " + ranged(part.own)
		if part.wait > 0 {
			text += " + " + spell(part.wait)
		}
		out = append(out, text+", at most "+spell(part.limit))
	}
	if t.Source == "" {
		return "no time"
	}
	return strings.Join(out, "; ") + " (" + t.Source + ")"
}

func ranged(r cloud.Range) string {
	if r.Max == 0 {
		return ""
	}
	return fmt.Sprintf("%s (%s to %s)", spell(r.Typical), spell(r.Min), spell(r.Max))
}

// spell writes a length as people do: minutes where they are whole, seconds else.
func spell(d time.Duration) string {
	if d >= 2*time.Minute && d%time.Minute == 0 || d == time.Minute {
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return fmt.Sprintf("%g s", d.Seconds())
}

func quota(k *cloud.Kind) string {
	if k.Quota == nil {
		return ""
	}
	per := k.Quota.Per
	if per == "" {
		per = "region"
		if k.Global {
			per = "account"
		}
	}
	return fmt.Sprintf("%d per %s (%s)", k.Quota.Max, per, k.Quota.Refusal.Rule)
}
