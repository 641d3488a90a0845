package recovery

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Tagged is one thing that AWS lists by its tags.
type Tagged struct {
	ARN  string
	Tags map[string]string
}

// Candidates returns what the provider's import takes for the things that an interrupted creation may have made, best
// first; none when there is nothing to look at. known are the ids and ARNs that the state has already, listed is what
// carries the stack's tag, and found the results of the row's lookup, nil when it found nothing.
func Candidates(r Resource, known map[string]bool, listed []Tagged, found map[string]any) ([]string, error) {
	row, ok := Of(r.Type())
	if !ok {
		return nil, fmt.Errorf("find %s %s: this type is not in the table of how things are found", r.Type(), r.Name())
	}
	switch row.By {
	case ByTags:
		return row.byTags(r, known, listed)
	case ByLookup:
		if firstOf(found, []string{row.Lookup.Result}) == "" {
			return nil, nil
		}
		values := map[string]any{}
		maps.Copy(values, r.Inputs())
		maps.Copy(values, found)
		return one(expand(row.Import, values))
	case ByKey:
		return one(expand(row.Import, r.Inputs()))
	}
	return nil, nil
}

func one(id string, err error) ([]string, error) {
	if err != nil {
		return nil, err
	}
	return []string{id}, nil
}

// byTags picks, of what carries the stack's tag, what has the type and all tags of the call and is not in the state
// under another creation. Of several the last one listed comes first.
func (row Row) byTags(r Resource, known map[string]bool, listed []Tagged) ([]string, error) {
	wanted := r.tags()
	if len(wanted) == 0 {
		return nil, fmt.Errorf("find %s %s: it has no tags to be found by", r.Type(), r.Name())
	}
	var ids []string
	for _, t := range slices.Backward(listed) {
		id, ok := afterType(t.ARN, row.ARN)
		if !ok || !contains(t.Tags, wanted) || known[t.ARN] || known[id] {
			continue
		}
		values := map[string]any{"arn": t.ARN, "id": id}
		for i, part := range strings.Split(id, "/") {
			values[strconv.Itoa(i+1)] = part
		}
		template := row.Import
		if template == "" {
			template = "{id}"
		}
		imported, err := expand(template, values)
		if err != nil {
			return nil, err
		}
		ids = append(ids, imported)
	}
	return ids, nil
}

// afterType returns what follows "service:type" in an ARN, arn:partition:service:region:account:resource.
func afterType(arn, serviceType string) (string, bool) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 {
		return "", false
	}
	id, ok := strings.CutPrefix(parts[2]+":"+parts[5], serviceType)
	return id, ok && id != "" && (serviceType != "sns:" || !strings.Contains(id, ":")) // a subscription's has its topic's before it
}

func contains(have, want map[string]string) bool {
	for k, v := range want {
		if got, ok := have[k]; !ok || got != v {
			return false
		}
	}
	return true
}

// Arguments are the arguments of a lookup for the interrupted creation of r.
func (l Lookup) Arguments(r Resource) (map[string]any, error) {
	args := map[string]any{}
	for property, template := range l.Args {
		value, err := expand(template, r.Inputs())
		if err != nil {
			return nil, err
		}
		args[property] = value
	}
	return args, nil
}

// Absent reports whether a lookup's error means that there is no such thing.
func (l Lookup) Absent(err error) bool {
	return slices.ContainsFunc(l.Missing, func(part string) bool { return strings.Contains(err.Error(), part) })
}

// expand fills a template with values; a list of one stands for its element. A value that is not there is an error.
func expand(template string, values map[string]any) (string, error) {
	var b strings.Builder
	for {
		before, rest, open := strings.Cut(template, "{")
		b.WriteString(before)
		if !open {
			return b.String(), nil
		}
		var field string
		field, template, _ = strings.Cut(rest, "}")
		names, form, _ := strings.Cut(field, ":")
		value := firstOf(values, strings.Split(names, "|"))
		switch {
		case value == "" && form == "suffix":
			continue
		case value == "" && form == "root":
			value = "/"
		case value == "":
			return "", fmt.Errorf("its %s is not known", strings.ReplaceAll(names, "|", " or "))
		case form == "suffix":
			value = "_" + value
		case form == "last":
			value = value[strings.LastIndex(value, "/")+1:]
		case form == "host":
			value = strings.TrimPrefix(value, "https://")
		case form == "domain":
			value = strings.ToLower(strings.TrimSuffix(value, "."))
		}
		b.WriteString(value)
	}
}

func firstOf(values map[string]any, names []string) string {
	for _, name := range names {
		v := values[name]
		if list, ok := v.([]any); ok && len(list) == 1 {
			v = list[0]
		}
		if s, ok := v.(string); ok && s != "" {
			return s
		}
	}
	return ""
}
