package awserrors

import (
	"slices"
	"strings"
)

// Failure is one resource at which an operation failed.
type Failure struct {
	Stack string // such as prod-eu
	Type  string // type token, such as aws:ec2/subnet:Subnet
	Name  string // logical name
	Said  string // what the provider said, whole
}

// Explanation is what a failure means.
type Explanation struct {
	Answer *Answer `json:"answer,omitempty"` // nil where the failure is not an answer of AWS
	Cause  string  `json:"cause,omitempty"`  // one or two sentences; empty for what the catalogue does not know
	Fix    string  `json:"fix,omitempty"`    // a command or a change of configuration; empty with Cause
}

// Entry is what the catalogue says of one error.
type Entry struct {
	Code    string // AWS's error code; empty: a failure that is no answer of AWS
	Service string // as the SDK names it, where services use one code for different things; empty: any
	Says    string // a part of the text, in any case, for codes that stand for many things; empty: any
	Cause   string
	Fix     string // {stack}, {name}, {type} and {message} are replaced by the failure's own
	Source  string // where AWS, the provider or the field says so
}

// Explain looks a failure up. What the catalogue does not know has no cause and no fix, and Answer alone.
func Explain(f Failure) Explanation {
	var out Explanation
	a, parsed := Parse(f.Said)
	if parsed {
		out.Answer = &a
	}
	for _, e := range catalogue {
		if !e.fits(f, a, parsed) {
			continue
		}
		fill := strings.NewReplacer("{stack}", f.Stack, "{name}", f.Name, "{type}", f.Type, "{message}", a.Message)
		out.Cause, out.Fix = fill.Replace(e.Cause), fill.Replace(e.Fix)
		break
	}
	return out
}

func (e Entry) fits(f Failure, a Answer, parsed bool) bool {
	if parsed != (e.Code != "") || bare(e.Code) != bare(a.Code) || e.Service != "" && e.Service != a.Service {
		return false
	}
	return strings.Contains(strings.ToLower(f.Said), strings.ToLower(e.Says))
}

// bare is a code without the ending that RDS and ElastiCache have in some of their SDK's names for it and not in others.
func bare(code string) string { return strings.TrimSuffix(code, "Fault") }

// Catalogue returns all entries, the more special ones of a code first.
func Catalogue() []Entry { return slices.Clone(catalogue) }

// catalogue is searched from its beginning, so an entry that says less stands behind those of its code that say more.
var catalogue = slices.Concat(account, network, compute, edge, data, storage, waits)
