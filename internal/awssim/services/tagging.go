package services

import (
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// tagRegion is where the tags of services without regions are listed (Resource Groups Tagging API, GetResources).
const tagRegion = "us-east-1"

// taggedResources is GetResources: what has, for each filter, the key with one of the values.
func taggedResources(t *cloud.Tx, args cloud.Map) (cloud.Map, error) {
	refuse := func(message string) error {
		return &cloud.Error{Service: "Resource Groups Tagging API", Operation: "GetResources", Code: "InvalidParameterException",
			Message: message, Rule: "Resource Groups Tagging API, GetResources"}
	}
	filters, arns := cloud.Maps(args, "tagFilters[]"), cloud.Strs(args, "resourceArnLists[]")
	switch {
	case len(filters) > 50:
		return nil, refuse("TagFilters cannot have more than 50 filters")
	case len(arns) > 100:
		return nil, refuse("ResourceARNList cannot have more than 100 ARNs")
	case len(arns) > 0 && len(filters) > 0:
		return nil, refuse("ResourceARNList cannot be combined with TagFilters")
	}
	found := slices.DeleteFunc(t.Listed(), func(r *cloud.Resource) bool {
		return cloud.KindOf(r.Type).TaggedAs == "" || r.Region != t.Region && (r.Region != "" || t.Region != tagRegion)
	})
	mappings := []any{}
	for _, r := range found {
		tags, arn := tagsOf(r), tagARN(t, r)
		if len(tags) == 0 || len(arns) > 0 && !slices.Contains(arns, arn) || !typeAsked(cloud.Strs(args, "resourceTypeFilters[]"), cloud.KindOf(r.Type).TaggedAs) {
			continue
		}
		if !slices.ContainsFunc(filters, func(f cloud.Map) bool { return !hasTag(tags, cloud.Str(f, "key"), cloud.Strs(f, "values[]")) }) {
			mappings = append(mappings, cloud.Map{"complianceDetails": []any{}, "resourceArn": arn, "tags": tags})
		}
	}
	result := cloud.Clone(args)
	if result == nil {
		result = cloud.Map{}
	}
	result["id"], result["resourceTagMappingLists"] = t.Region, mappings
	return result, nil
}

func tagsOf(r *cloud.Resource) cloud.Map {
	if all, ok := r.State["tagsAll"].(cloud.Map); ok {
		return cloud.Clone(all)
	}
	tags, _ := r.State["tags"].(cloud.Map)
	return cloud.Clone(tags)
}

func tagARN(t *cloud.Tx, r *cloud.Resource) string {
	if arn := r.Str("arn"); arn != "" {
		return arn
	}
	if strings.HasPrefix(r.ID, "arn:") {
		return r.ID
	}
	service, kind, _ := strings.Cut(cloud.KindOf(r.Type).TaggedAs, ":")
	return t.ARN(service, kind+r.ID)
}

func hasTag(tags cloud.Map, key string, values []string) bool {
	got, ok := tags[key].(string)
	return ok && (len(values) == 0 || slices.Contains(values, got))
}

// typeAsked reports whether the filters, such as "ec2" or "ec2:subnet", take in a type's service and resource type.
func typeAsked(filters []string, serviceType string) bool {
	full := strings.TrimRight(serviceType, "/:")
	service, _, _ := strings.Cut(full, ":")
	return len(filters) == 0 || slices.Contains(filters, full) || slices.Contains(filters, service)
}
