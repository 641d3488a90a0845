package services

import (
	"slices"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// validTokens is under which name the AUTH tokens are kept that a replication group takes, the newest first: at most two.
const validTokens = "authTokens"

// takeToken has a new group take the one that it was made with.
func takeToken(r *cloud.Resource) {
	if token := r.Str("authToken"); token != "" {
		r.Hidden[validTokens] = cloud.List(token)
	}
}

// tokensOf returns the AUTH tokens that a group takes. One that somebody else gave it is the only one.
func tokensOf(r *cloud.Resource) []string {
	token, valid := r.Str("authToken"), cloud.Strs(r.Hidden, validTokens+"[]")
	if token == "" || slices.Contains(valid, token) {
		return valid
	}
	return []string{token}
}

// changeToken does what the provider's second call of ModifyReplicationGroup does, which it makes when token or strategy change
// (provider 5.100, elasticache/replication_group.go). ROTATE adds a token and keeps the newest of those before, SET keeps the
// one that it names and is allowed only after ROTATE, DELETE takes all away (ElastiCache API Reference,
// ModifyReplicationGroup: AuthTokenUpdateStrategy; Amazon ElastiCache User Guide, "Modifying the AUTH token on an existing
// cluster"). AWS's wording of the refusal is not known.
func changeToken(r *cloud.Resource, old cloud.Map) error {
	token, strategy := r.Str("authToken"), r.Str("authTokenUpdateStrategy")
	if token == cloud.Str(old, "authToken") && strategy == cloud.Str(old, "authTokenUpdateStrategy") {
		return nil
	}
	before := &cloud.Resource{State: old, Hidden: r.Hidden}
	valid := tokensOf(before)
	if r.Hidden == nil {
		r.Hidden = cloud.Map{}
	}
	switch {
	case strategy == "DELETE" || token == "":
		delete(r.Hidden, validTokens)
	case strategy == "SET" && !slices.Contains(valid, token):
		return cloud.Refuse("InvalidParameterValue", "ElastiCache API, ModifyReplicationGroup", "The AUTH token update strategy SET is allowed only after ROTATE.")
	case strategy == "SET":
		r.Hidden[validTokens] = cloud.List(token)
	default:
		valid = append([]string{token}, slices.DeleteFunc(valid, func(v string) bool { return v == token })...)
		r.Hidden[validTokens] = cloud.List(valid[:min(2, len(valid))]...)
	}
	return nil
}
