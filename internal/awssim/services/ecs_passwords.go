package services

import (
	"fmt"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/documents"
)

// readAtStart is under which name is kept what the running tasks of a service have read when they started: the values of
// secrets, by ARN. ECS reads them once ("Pass Secrets Manager secrets through Amazon ECS environment variables", ECS Developer
// Guide: a later change takes a new deployment).
const readAtStart = "readAtStart"

// withoutEmpty is a list of what is not empty.
func withoutEmpty(texts ...string) []string {
	return slices.DeleteFunc(texts, func(s string) bool { return s == "" })
}

// startTasks notes what tasks read that are started now: by a new service, and by a deployment, which another task definition
// makes or somebody who forces it.
func startTasks(t *cloud.Tx, r, definition *cloud.Resource) {
	if before, _ := r.Hidden[readAtStart].(cloud.Map); cloud.Str(before, "by") == definition.ID && !r.Bool("forceNewDeployment") {
		return
	}
	w, read := &workload{t: t}, cloud.Map{"by": definition.ID}
	for _, c := range containersOf(definition) {
		for _, s := range c.Secrets {
			read[secretOf(s.ValueFrom)] = w.valueOf(secretOf(s.ValueFrom), stageCurrent)
		}
	}
	r.Hidden[readAtStart] = read
}

// valueOf is the value of a secret's version with a staging label; empty where there is none.
func (w *workload) valueOf(secret, stage string) string {
	for _, v := range w.t.All(typeSecretVersion) {
		if v.Str("secretId") == secret && slices.Contains(v.Strs("versionStages[]"), stage) {
			return v.Str("secretString")
		}
	}
	return ""
}

// opensWith reports whether a container that starts now has one of the passwords of what it connects to. One that is given
// no secret at all has ways of its own.
func (w *workload) opensWith(c *documents.Container, passwords []string) bool {
	return len(c.Secrets) == 0 || slices.ContainsFunc(c.Secrets, func(s documents.SecretReference) bool {
		secret := secretOf(s.ValueFrom)
		return hasOne(w.valueOf(secret, stageCurrent), passwords) || w.readsAgain(c, secret) && hasOne(w.valueOf(secret, stagePrevious), passwords)
	})
}

// hasOne reports whether a secret's value is or contains one of the passwords.
func hasOne(value any, passwords []string) bool {
	text, _ := value.(string)
	return slices.ContainsFunc(passwords, func(p string) bool { return strings.Contains(text, p) })
}

// readsAgain reports whether a container can read a secret itself: it is told which one, and its task's role may.
func (w *workload) readsAgain(c *documents.Container, secret string) bool {
	told := slices.ContainsFunc(c.Environment, func(v documents.KeyValue) bool { return v.Value == secret })
	role, ok := roleByARN(w.t, w.definition.Str("taskRoleArn"))
	if !told || !ok || !roleAllows(w.t, role, "secretsmanager:GetSecretValue", secret, nil) {
		return false
	}
	s, ok := w.t.Find(typeSecret, "", secret)
	return ok && (s.Str("kmsKeyId") == "" || w.mayDecrypt(role, s.Str("kmsKeyId")))
}

// lockedOut says of tasks that run which of what they connect to would not take them any more, should they lose their
// connection: the password that they started with was changed, and they cannot read the one that it is now.
func (w *workload) lockedOut() string {
	read, started := w.service.Hidden[readAtStart].(cloud.Map)
	if !started {
		return ""
	}
	for i := range w.containers {
		c := &w.containers[i]
		for _, of := range w.connections(c) {
			passwords := of.peer.passwords(of.to)
			if len(passwords) == 0 || len(c.Secrets) == 0 || slices.ContainsFunc(c.Secrets, func(s documents.SecretReference) bool {
				secret := secretOf(s.ValueFrom)
				return hasOne(read[secret], passwords) || w.readsAgain(c, secret) && w.opensWith(c, passwords)
			}) {
				continue
			}
			return fmt.Sprintf("has tasks that started with another password: container %s: %s: %s", c.Name, of.host, of.peer.refusal)
		}
	}
	return ""
}
