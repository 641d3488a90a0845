package cloud

import (
	"slices"
	"strings"
)

// tagRegion is where the tags of services without regions are listed (Resource Groups Tagging API, GetResources).
const tagRegion = "us-east-1"

// taggedResources is GetResources: what has, for each filter, the key with one of the values.
func taggedResources(t *Tx, args Map) (Map, error) {
	refuse := func(message string) error {
		return &Error{Service: "Resource Groups Tagging API", Operation: "GetResources", Code: "InvalidParameterException",
			Message: message, Rule: "Resource Groups Tagging API, GetResources"}
	}
	filters, arns := Maps(args, "tagFilters[]"), Strs(args, "resourceArnLists[]")
	switch {
	case len(filters) > 50:
		return nil, refuse("TagFilters cannot have more than 50 filters")
	case len(arns) > 100:
		return nil, refuse("ResourceARNList cannot have more than 100 ARNs")
	case len(arns) > 0 && len(filters) > 0:
		return nil, refuse("ResourceARNList cannot be combined with TagFilters")
	}
	var found []*Resource
	for _, r := range t.c.resources {
		if kinds[r.Type].TaggedAs != "" && (r.Region == t.Region || r.Region == "" && t.Region == tagRegion) && r.Owner == "" {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b *Resource) int { return a.Serial - b.Serial })
	mappings := []any{}
	for _, r := range found {
		tags, arn := tagsOf(r), tagARN(t, r)
		if len(tags) == 0 || len(arns) > 0 && !contains(arns, arn) || !typeAsked(Strs(args, "resourceTypeFilters[]"), kinds[r.Type].TaggedAs) {
			continue
		}
		if !slices.ContainsFunc(filters, func(f Map) bool { return !hasTag(tags, Str(f, "key"), Strs(f, "values[]")) }) {
			mappings = append(mappings, Map{"complianceDetails": []any{}, "resourceArn": arn, "tags": tags})
		}
	}
	result := Clone(args)
	if result == nil {
		result = Map{}
	}
	result["id"], result["resourceTagMappingLists"] = t.Region, mappings
	return result, nil
}

func tagsOf(r *Resource) Map {
	if all, ok := r.State["tagsAll"].(Map); ok {
		return Clone(all)
	}
	tags, _ := r.State["tags"].(Map)
	return Clone(tags)
}

func tagARN(t *Tx, r *Resource) string {
	if arn := r.Str("arn"); arn != "" {
		return arn
	}
	if strings.HasPrefix(r.ID, "arn:") {
		return r.ID
	}
	service, kind, _ := strings.Cut(kinds[r.Type].TaggedAs, ":")
	return t.ARN(service, kind+r.ID)
}

func hasTag(tags Map, key string, values []string) bool {
	got, ok := tags[key].(string)
	return ok && (len(values) == 0 || contains(values, got))
}

// typeAsked reports whether the filters, such as "ec2" or "ec2:subnet", take in a type's service and resource type.
func typeAsked(filters []string, serviceType string) bool {
	full := strings.TrimRight(serviceType, "/:")
	service, _, _ := strings.Cut(full, ":")
	return len(filters) == 0 || contains(filters, full) || contains(filters, service)
}
