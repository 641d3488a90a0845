package services

import (
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/iampolicy"
)

const typeReplicaKey = "aws:kms/replicaKey:ReplicaKey"

var _ = cloud.Register(&cloud.Kind{
	Type: typeReplicaKey, Service: "KMS", Noun: "Key", CreateCall: "ReplicateKey", UpdateCall: "PutKeyPolicy", DeleteCall: "ScheduleKeyDeletion",
	DeleteOnly: []string{"deletionWindowInDays"},
	Keys:       []string{"arn"},
	Check:      func(c *cloud.Checker) { checkPolicy(c, "policy", iampolicy.Resource) },
	Create:     createReplicaKey,
	Update:     func(t *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { return applyReplicaKey(t, r) },
	Delete: func(t *cloud.Tx, r *cloud.Resource) error {
		days := r.Int("deletionWindowInDays")
		if days == 0 {
			days = 30 // KMS API, ScheduleKeyDeletion
		}
		t.Leave("key", r, r.ID, t.Now().Add(time.Duration(days)*24*time.Hour), cloud.Clone(r.State))
		return nil
	},
	Timing: cloud.Timing{Create: cloud.Secs(10, 5, 30), Update: cloud.Secs(3, 1, 7), Delete: cloud.Secs(2, 1, 3),
		Wait: cloud.WaitSeconds(10, 5, 0), Source: "as a KMS key, which AWS copies first (guess)"},
	TaggedAs: "kms:key/",
})

// createReplicaKey makes the copy of a multi-Region key of another region (KMS API, ReplicateKey). The copy has the key's id.
func createReplicaKey(t *cloud.Tx, r *cloud.Resource) error {
	primary, ok := keyByARN(t, r.Str("primaryKeyArn"))
	switch {
	case !ok:
		return cloud.Refuse("NotFoundException", "KMS API, ReplicateKey", "Key '%s' does not exist", r.Str("primaryKeyArn"))
	case !primary.Bool("multiRegion"):
		return cloud.Refuse("UnsupportedOperationException", "KMS API, ReplicateKey", "%s is not a multi-Region primary key", primary.Str("arn"))
	case primary.Region == t.Region:
		return cloud.Refuse("UnsupportedOperationException", "KMS API, ReplicateKey", "You cannot replicate a multi-Region key in the Region that holds it: %s", t.Region)
	}
	r.ID = primary.ID
	if _, taken := t.Find(typeReplicaKey, "", r.ID); taken {
		return cloud.Refuse("AlreadyExistsException", "KMS API, ReplicateKey", "Replica key already exists for key-id %s in %s", r.ID, t.Region)
	}
	if _, pending := t.Remnant("key", r.ID); pending {
		return cloud.Refuse("AlreadyExistsException", "KMS API, ReplicateKey", "Replica key already exists for key-id %s in %s: it is pending deletion", r.ID, t.Region)
	}
	r.State["keyId"], r.State["arn"] = r.ID, t.ARN("kms", "key/"+r.ID)
	r.State["keySpec"], r.State["keyUsage"] = primary.Str("customerMasterKeySpec"), primary.Str("keyUsage")
	r.State["keyRotationEnabled"] = primary.Bool("enableKeyRotation")
	return applyReplicaKey(t, r)
}

func applyReplicaKey(t *cloud.Tx, r *cloud.Resource) error {
	cloud.Computed(r, cloud.Map{"description": ""})
	if policy, given := r.Inputs["policy"].(string); given {
		return checkKeyPolicy(t, r, policy)
	}
	cloud.Computed(r, cloud.Map{"policy": defaultKeyPolicy(t)})
	return nil
}

// keyByARN finds a key of any region that is no replica.
func keyByARN(t *cloud.Tx, arn string) (*cloud.Resource, bool) {
	for _, k := range t.Anywhere(typeKey) {
		if k.Str("arn") == arn {
			return k, true
		}
	}
	return nil, false
}

// keyAllows reports whether a key's policy lets somebody do something with it.
func keyAllows(key *cloud.Resource, q iampolicy.Request) bool {
	statements, err := iampolicy.Parse(key.Str("policy"), iampolicy.Resource)
	q.Resource = key.Str("arn")
	return err == nil && iampolicy.Allows(statements, q)
}
