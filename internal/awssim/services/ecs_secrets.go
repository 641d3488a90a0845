package services

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/documents"
	"github.com/deepstreamhub/platform/internal/awssim/iampolicy"
)

func (w *workload) secrets(c *documents.Container) string {
	for _, s := range c.Secrets {
		if !strings.HasPrefix(s.ValueFrom, "arn:aws:secretsmanager:") {
			continue
		}
		parts := append(strings.Split(s.ValueFrom, ":"), "", "", "")
		arn := secretOf(s.ValueFrom)
		if problem := w.secret(arn, parts[7]); problem != "" {
			return fmt.Sprintf("ResourceInitializationError: fetching secret data from AWS Secrets Manager in region %s: secret %s: %s", parts[3], arn, problem)
		}
	}
	return ""
}

// readable says which of a container's secrets the execution role may not read.
func (w *workload) readable(c *documents.Container) string {
	for _, s := range c.Secrets {
		if strings.HasPrefix(s.ValueFrom, "arn:aws:secretsmanager:") {
			if problem := w.mayRead(secretOf(s.ValueFrom)); problem != "" {
				return problem
			}
		}
	}
	return ""
}

// secretOf returns the ARN of the secret in a reference to one of its fields.
func secretOf(reference string) string {
	return strings.Join(append(strings.Split(reference, ":"), "", "", "")[:7], ":")
}

func (w *workload) mayRead(arn string) string {
	role, ok := w.executionRole()
	if !ok {
		return "the execution role is gone"
	}
	if !roleAllows(w.t, role, "secretsmanager:GetSecretValue", arn, nil) {
		return fmt.Sprintf("AccessDeniedException: %s is not authorized to perform: secretsmanager:GetSecretValue on resource: %s", role.Str("arn"), arn)
	}
	return ""
}

func (w *workload) secret(arn, field string) string {
	if problem := w.mayRead(arn); problem != "" {
		return problem
	}
	role, _ := w.executionRole()
	secret, ok := w.t.Find("aws:secretsmanager/secret:Secret", "", arn)
	if !ok {
		return "ResourceNotFoundException: Secrets Manager can't find the specified secret."
	}
	if key := secret.Str("kmsKeyId"); key != "" && !w.mayDecrypt(role, key) {
		return "AccessDeniedException: Access to KMS is not allowed"
	}
	for v := range w.t.Each("aws:secretsmanager/secretVersion:SecretVersion") {
		if v.Str("secretId") != secret.ID && v.Str("secretId") != secret.Str("name") {
			continue
		}
		var fields map[string]any
		if field == "" {
			return ""
		}
		if json.Unmarshal([]byte(v.Str("secretString")), &fields) == nil && fields[field] != nil {
			return ""
		}
		return fmt.Sprintf("retrieved secret from Secrets Manager did not contain json key %s", field)
	}
	return "ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging label: AWSCURRENT"
}

// mayDecrypt reports whether a role may use a key through Secrets Manager: its own policies say so and the key's leaves
// it to them, or the key's says so itself.
func (w *workload) mayDecrypt(role *cloud.Resource, named string) bool {
	key, problem := usableKey(w.t, named)
	if key == nil || problem != "" {
		return problem == "" // one of AWS's own, which takes no right
	}
	statements, err := iampolicy.Parse(key.Str("policy"), iampolicy.Resource)
	if err != nil {
		return false
	}
	q := iampolicy.Request{Principal: iampolicy.Principal{Kind: "AWS", ID: role.Str("arn")}, Action: "kms:Decrypt", Resource: key.Str("arn"), Context: map[string]string{
		"kms:viaservice": "secretsmanager." + w.t.Region + ".amazonaws.com", "kms:calleraccount": w.t.Account(),
	}}
	for _, s := range statements {
		if !s.Deny && s.Covers(q) && slices.Contains(s.Principals, q.Principal) {
			return iampolicy.Allows(statements, q)
		}
	}
	return iampolicy.Allows(statements, q) && roleAllows(w.t, role, q.Action, q.Resource, q.Context)
}
