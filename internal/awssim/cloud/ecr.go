package cloud

import (
	"fmt"
	"regexp"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecr"

	"github.com/deepstreamhub/platform/internal/awssim/documents"
	"github.com/deepstreamhub/platform/internal/awssim/schema"
)

const (
	typeRepository  = "aws:ecr/repository:Repository"
	typeImageRules  = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
	typeReplication = "aws:ecr/replicationConfiguration:ReplicationConfiguration"
)

// repositoryName is what ECR takes (ECR API, CreateRepository: repositoryName).
var repositoryName = regexp.MustCompile(`^[a-z0-9]+([._-][a-z0-9]+)*(/[a-z0-9]+([._-][a-z0-9]+)*)*$`)

var noSuchRepository = Refusal{Code: "RepositoryNotFoundException", Message: "The repository with name '{value}' does not exist in the registry", Rule: "ECR API, PutLifecyclePolicy"}

var _ = register(
	&Kind{
		Type: typeRepository, Service: "ECR", Noun: "Repository", UpdateCall: "PutImageTagMutability",
		Kept:       words("imageScanningConfiguration imageScanningConfiguration.scanOnPush imageTagMutability"),
		Name:       &AutoName{Property: "name", Max: 256, Lower: true},
		DeleteOnly: []string{"forceDelete"},
		Keys:       []string{"arn"},
		Unique: []Unique{{Props: []string{"name"}, Refusal: Refusal{Code: "RepositoryAlreadyExistsException",
			Message: "The repository with name '{value}' already exists in the registry", Rule: "facts 114"}}},
		Quota: &Quota{Max: 100000, Refusal: Refusal{Code: "LimitExceededException",
			Message: "You have reached the maximum number of repositories: {value}", Rule: "ECR User Guide, service quotas"}},
		Check: func(c *Checker) {
			c.Length("name", 2, 256)
			c.Match("name", repositoryName, "lower case letters, digits and . _ - / between them")
		},
		Create: createRepository,
		Update: func(_ *Tx, r *Resource, _ Map) error { tagsAll(r); return nil },
		Delete: func(t *Tx, r *Resource) error {
			if len(Maps(r.Hidden, "images[]")) > 0 && !r.Bool("forceDelete") {
				return Refuse("RepositoryNotEmptyException", "facts 114", "The repository with name '%s' in registry with id '%s' cannot be deleted because it still contains images", r.ID, t.Account())
			}
			return nil
		},
		Schema: schema.Of(ecr.Repository{}, ecr.RepositoryArgs{}),
		Timing: Timing{Create: secs(1, 0, 1), Update: secs(1, 0, 1), Delete: secs(0.5, 0, 1),
			Limit: most(0, 0, 20), Source: "facts, section 1: ECR repository, 1 log"},
		TaggedAs: "ecr:repository/",
	},
	&Kind{
		Type: typeImageRules, Service: "ECR", Noun: "LifecyclePolicy", CreateCall: "PutLifecyclePolicy", UpdateCall: "PutLifecyclePolicy",
		DeleteFirst: true,
		JSON:        []string{"policy"},
		Refs:        []Ref{{Path: "repository", To: typeRepository, Free: true, Missing: noSuchRepository}},
		Check:       func(c *Checker) { c.document("policy", documents.CheckImageRules) },
		Create: func(t *Tx, r *Resource) error {
			r.ID = r.Str("repository")
			takeOver(t, r)
			r.State["registryId"] = t.Account()
			return nil
		},
		Schema: schema.Of(ecr.LifecyclePolicy{}, ecr.LifecyclePolicyArgs{}),
		Timing: Timing{Create: secs(1, 0, 1), Delete: secs(0.5, 0, 1),
			Source: "as the ECR repository (guess)"},
	},
	&Kind{
		Type: typeReplication, Service: "ECR", Noun: "ReplicationConfiguration", Overwrites: true, CreateCall: "PutReplicationConfiguration",
		UpdateCall: "PutReplicationConfiguration", DeleteCall: "PutReplicationConfiguration",
		Kept: words(`
			replicationConfiguration.rules.repositoryFilters replicationConfiguration.rules.repositoryFilters.filter`),
		Create: func(t *Tx, r *Resource) error {
			r.ID = t.Account()
			takeOver(t, r)
			r.State["registryId"] = r.ID
			return applyReplication(t, r)
		},
		Update: func(t *Tx, r *Resource, _ Map) error { return applyReplication(t, r) },
		Schema: schema.Of(ecr.ReplicationConfiguration{}, ecr.ReplicationConfigurationArgs{}),
		Timing: Timing{Create: secs(1, 0, 1), Update: secs(1, 0, 1), Delete: secs(1, 0, 1),
			Source: "as the ECR repository (guess)"},
	},
)

func createRepository(t *Tx, r *Resource) error {
	r.ID = r.Str("name")
	for i, e := range Maps(r.State, "encryptionConfigurations[]") {
		key := Str(e, "kmsKey")
		switch {
		case key == "":
		case Str(e, "encryptionType") != "KMS":
			return Refuse("InvalidParameterException", "ECR API, EncryptionConfiguration", "encryptionConfiguration %d: kmsKey goes with encryptionType KMS", i)
		default:
			if _, problem := usableKey(t, key); problem != "" {
				return Refuse("KmsException", "ECR API, CreateRepository", "The KMS key %s %s", key, problem)
			}
		}
	}
	r.State["arn"] = t.ARN("ecr", "repository/"+r.ID)
	r.State["registryId"] = t.Account()
	r.State["repositoryUrl"] = fmt.Sprintf("%s.dkr.ecr.%s.amazonaws.com/%s", t.Account(), t.Region, r.ID)
	tagsAll(r)
	return nil
}

// applyReplication holds the limits of the ECR User Guide, "Private image replication", and needs the service-linked
// role that ECR takes for it.
func applyReplication(t *Tx, r *Resource) error {
	rules := Maps(r.State, "replicationConfiguration.rules[]")
	seen := map[string]bool{}
	for _, rule := range rules {
		for _, d := range Maps(rule, "destinations[]") {
			region := Str(d, "region")
			if _, known := t.Declared().Regions[region]; !known || region == t.Region && Str(d, "registryId") == t.Account() {
				return Refuse("ValidationException", "ECR API, PutReplicationConfiguration", "Invalid replication destination: registry %s in region %s", Str(d, "registryId"), region)
			}
			seen[region+Str(d, "registryId")] = true
		}
	}
	if len(rules) > 10 || len(seen) > 25 {
		return Refuse("ValidationException", "ECR User Guide, service quotas", "a replication configuration takes 10 rules and 25 destinations, not %d and %d", len(rules), len(seen))
	}
	return nil
}
