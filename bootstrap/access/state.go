package access

import "github.com/deepstreamhub/platform/internal/policy"

func (a Account) object(key string) string { return "arn:aws:s3:::" + a.Bucket + "/" + key }

// list lets a run see what stacks there are, which are names and no content: an object that is missing would otherwise look
// like one that is forbidden.
func (a Account) list() policy.Statement {
	return policy.Statement{Sid: "StateList", Actions: []string{"s3:ListBucket"}, Resources: policy.On("arn:aws:s3:::" + a.Bucket)}
}

// copyState is what a preview needs of the state: the checkpoints, of which it makes copies without their secrets, and the
// key of the bucket. The key of the secrets in them is another.
func (a Account) copyState() []policy.Statement {
	project := a.Organisation.Project() // part of where the engine keeps a stack's state
	return []policy.Statement{
		a.list(),
		{Sid: "StateRead", Actions: []string{"s3:GetObject"}, Resources: policy.On(a.object(".pulumi/stacks/"+project+"/*"), a.object(".pulumi/meta.yaml"))},
		{Sid: "BucketKey", Actions: []string{"kms:Decrypt"}, Resources: policy.On(a.StateKey)},
	}
}

// state is what changing the stacks of a scope needs: their checkpoints, with earlier versions, locks and history, and the
// keys under which they and the secrets in them are encrypted. Other stacks' files are out of reach, and so are the
// encrypted keys in them, without which the key of the secrets opens nothing.
func (a Account) state(own scope) []policy.Statement {
	project := a.Organisation.Project()
	files := policy.On(
		a.object(".pulumi/stacks/"+project+"/"+own.stacks+".json*"), a.object(".pulumi/stacks/"+project+"/"+own.stacks+".pulumi-tags*"), a.object(".pulumi/*/"+project+"/"+own.stacks+"/*"),
		a.object("."+project+"/*/"+project+"/"+own.stacks+"/*"), a.object(".pulumi/meta.yaml"),
	)
	return []policy.Statement{
		a.list(),
		{Sid: "StateVersions", Actions: []string{"s3:ListBucketVersions"}, Resources: policy.On("arn:aws:s3:::" + a.Bucket)},
		{Sid: "StateFiles", Actions: []string{"s3:DeleteObject", "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"}, Resources: files},
		{
			Sid: "StateKeys", Actions: []string{"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"}, Resources: policy.On(a.StateKey, a.Secrets),
		},
	}
}
