package services

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/documents"
	"github.com/deepstreamhub/platform/internal/awssim/iampolicy"
	"github.com/deepstreamhub/platform/internal/iamdata"
)

// globalRegion is where services without regions answer (AWS General Reference, "Global services").
const globalRegion = "us-east-1"

// actionsOf returns the actions of an operation on a type, reading included.
func actionsOf(typ string, v cloud.Verb) []string {
	k := cloud.KindOf(typ)
	if k == nil {
		return nil
	}
	all := map[cloud.Verb]string{cloud.Creating: k.Calls.Create, cloud.Updating: k.Calls.Update, cloud.Deleting: k.Calls.Remove}[v]
	return strings.Fields(all + " " + k.Calls.Read)
}

// ActionsOf returns the actions that IAM decides on when something is made, changed, removed or read: verb is create,
// update, delete or read. There are none for the types of an account's bootstrap.
func ActionsOf(typ, operation string) []string { return actionsOf(typ, cloud.Verb(operation)) }

// unscoped are actions whose resources include some of AWS's own, which no ARN of the account covers, besides those on no
// resource in particular, which AWS's own data tells. An entry that ends in : or a name's beginning
// means all that begin so.
var unscoped = strings.Fields(`ec2:Describe ec2:RunInstances ec2:CreateLaunchTemplate ec2:CreateVpcEndpoint ec2:GetSecurityGroupsForVpc autoscaling:Describe elasticloadbalancing:Describe
	acm:RequestCertificate application-autoscaling: backup-storage:MountCapsule cloudwatch:DescribeAlarms cloudwatch:PutDashboard cloudwatch:GetDashboard
	cloudwatch:DeleteDashboards ecs:CreateCluster ecs:CreateCapacityProvider ecs:RegisterTaskDefinition ecs:DescribeTaskDefinition ecs:DeregisterTaskDefinition
	elasticache:Describe kms:CreateKey kms:ListAliases logs:CreateLogDelivery logs:DeleteLogDelivery logs:DescribeLogGroups logs:PutResourcePolicy logs:DescribeResourcePolicies
	rds:Describe route53:CreateHealthCheck route53:ListHostedZones secretsmanager:GetRandomPassword wafv2:`)

// Unscoped reports whether an action is decided on no resource of the account in particular.
func Unscoped(action string) bool {
	if known, ok := iamdata.Get().Actions[action]; ok && len(known.Resources) == 0 {
		return true
	}
	return slices.ContainsFunc(unscoped, func(u string) bool { return strings.HasPrefix(action, u) })
}

// targetOf is the ARN that an action on a resource is decided on.
func targetOf(t *cloud.Tx, action string, r *cloud.Resource) string {
	service, _, _ := strings.Cut(action, ":")
	switch {
	case Unscoped(action):
		return "*"
	case action == "route53:AssociateVPCWithHostedZone": // the zone is of the service that the endpoint is for
		return "arn:aws:route53:::hostedzone/ZOFTHESERVICE"
	case action == "backup:DeleteRecoveryPoint" || action == "backup:DescribeRecoveryPoint":
		return t.ARN("rds", "cluster-snapshot:awsbackup:job-"+r.ID)
	case action == "route53:GetChange":
		return "arn:aws:route53:::change/C0000000000000"
	case r.Type == typeRecord:
		return "arn:aws:route53:::hostedzone/" + r.Str("zoneId")
	case r.Type == typeRolePolicy || r.Type == typeRoleAttachment:
		if role := concernedBy(t, action, r); role != r {
			return role.Str("arn")
		}
		return t.GlobalARN("iam", "role/"+r.Str("role"))
	case service == "s3":
		return "arn:aws:s3:::" + cmp.Or(r.Str("bucket"), r.Str("bucketPrefix")+"new")
	case r.Type == typeRole && r.Str("arn") == "": // to be made
		return t.GlobalARN("iam", "role"+cmp.Or(r.Str("path"), "/")+r.Str("name"))
	case r.Type == typeProfile && r.Str("arn") == "":
		return t.GlobalARN("iam", "instance-profile"+cmp.Or(r.Str("path"), "/")+r.Str("name"))
	case r.Type == typeKey && r.Str("arn") == "":
		return t.ARN("kms", "key/new")
	case service == "route53" && r.Str("arn") == "": // a health check to be made
		return "arn:aws:route53:::healthcheck/new"
	case r.Type == typeAlias && r.Str("arn") == "":
		return t.ARN("kms", r.Str("name"))
	case service == "kms" && r.Type != typeKey && r.Type != typeAlias:
		if key := concernedBy(t, action, r); key != r {
			return key.Str("arn")
		}
		return t.ARN("kms", "key/of-"+r.ID) // AWS's own
	}
	for _, arn := range []string{r.Str("arn"), r.ID} {
		if strings.HasPrefix(arn, "arn:aws:"+service+":") {
			return arn
		}
	}
	return t.ARN(service, r.ID)
}

// concernedBy is what an action on a resource is decided on: mostly the resource, but a role for its policies, a secret for its
// versions, and for KMS the key under which the resource is encrypted.
func concernedBy(t *cloud.Tx, action string, r *cloud.Resource) *cloud.Resource {
	other, ok := r, false
	switch service, _, _ := strings.Cut(action, ":"); {
	case r.Type == typeRolePolicy || r.Type == typeRoleAttachment:
		other, ok = t.Find(typeRole, "", r.Str("role"))
	case r.Type == typeSecretVersion:
		secret, there := t.Find(typeSecret, "", r.Str("secretId"))
		if there && service == "kms" {
			return concernedBy(t, action, secret)
		}
		other, ok = secret, there
	case service == "kms" && r.Type == typeDBInstance: // its storage is the cluster's
		if cluster, there := t.Find(typeDBCluster, "", r.Str("clusterIdentifier")); there {
			return concernedBy(t, action, cluster)
		}
	case service == "kms" && r.Type != typeKey && r.Type != typeAlias:
		for _, property := range []string{"kmsKeyId", "kmsKeyArn"} {
			if ref := r.Str(property); ref != "" {
				other, _ = usableKey(t, ref)
				ok = other != nil
			}
		}
	}
	if !ok {
		return r
	}
	return other
}

// contextOf are the condition keys of an action on a resource that is made, or is given inputs.
func contextOf(t *cloud.Tx, action string, v cloud.Verb, r *cloud.Resource, inputs cloud.Map) map[string]string {
	region := t.Region
	if cloud.KindOf(r.Type).Global {
		region = globalRegion
	}
	keys := map[string]string{"aws:requestedregion": region, "aws:resourceaccount": t.Account()}
	on := concernedBy(t, action, r)
	if on != r || v != cloud.Creating {
		maps.Copy(keys, tagKeys(action, "aws:ResourceTag", on.State))
	} else if action != "kms:CreateKey" && r.Type == typeKey { // what follows finds the tags that the key was made with
		maps.Copy(keys, tagKeys(action, "aws:ResourceTag", inputs))
	}
	if v == cloud.Creating || v == cloud.Updating {
		maps.Copy(keys, tagKeys(action, "aws:RequestTag", inputs))
	}
	if r.Type == typeRecord {
		keys["route53:changeresourcerecordsetsnormalizedrecordnames"] = strings.TrimSuffix(r.Str("name"), ".")
	}
	// The actions that carry it ("Actions, resources, and condition keys for AWS Identity and Access Management").
	if documents.OneOf(action, "iam:CreateRole iam:PutRolePolicy iam:DeleteRolePolicy iam:AttachRolePolicy iam:DetachRolePolicy iam:PutRolePermissionsBoundary") {
		if b := on.Str(boundaryOf); b != "" {
			keys["iam:permissionsboundary"] = b
		}
	}
	return keys
}

// givenRole is a role that is given to a service.
type givenRole struct{ role, service string }

// roleInputs say where types name roles that they give to a service.
var roleInputs = map[string]map[string]string{
	typeTask:                  {"executionRoleArn": "ecs-tasks", "taskRoleArn": "ecs-tasks"},
	"aws:ec2/flowLog:FlowLog": {"iamRoleArn": "vpc-flow-logs"},
	"aws:rds/clusterInstance:ClusterInstance": {"monitoringRoleArn": "monitoring.rds"},
	"aws:backup/selection:Selection":          {"iamRoleArn": "backup"},
	"aws:cloudwatch/eventTarget:EventTarget":  {"roleArn": "events"},
	typeGroup:                                 {"initialLifecycleHooks[].roleArn": "autoscaling"},
}

// passedRoles are the roles that making or changing a resource gives to services: those that it names, and that of an instance
// profile, in a launch template or by itself.
func passedRoles(t *cloud.Tx, r *cloud.Resource) []givenRole {
	var out []givenRole
	for _, path := range slices.Sorted(maps.Keys(roleInputs[r.Type])) {
		for _, arn := range r.Strs(path) {
			if strings.HasPrefix(arn, "arn:") {
				out = append(out, givenRole{arn, roleInputs[r.Type][path] + ".amazonaws.com"})
			}
		}
	}
	var profiles []string
	switch r.Type {
	case typeProfile:
		profiles = append(profiles, r.Str("arn"))
	case typeGroup:
		ids := append(r.Strs("launchTemplate.id"), r.Strs("mixedInstancesPolicy.launchTemplate.launchTemplateSpecification.launchTemplateId")...)
		for _, id := range ids {
			if template, ok := t.Find("aws:ec2/launchTemplate:LaunchTemplate", "", id); ok {
				profiles = append(profiles, template.Str("iamInstanceProfile.arn"))
			}
		}
	}
	for _, arn := range profiles {
		profile, ok := t.Find(typeProfile, "arn", arn)
		if !ok {
			continue
		}
		if role, ok := t.Find(typeRole, "", profile.Str("role")); ok {
			out = append(out, givenRole{role.Str("arn"), "ec2.amazonaws.com"})
		}
	}
	return out
}

// noteObject remembers a request for objects.
func noteObject(t *cloud.Tx, bucket *cloud.Resource, action, arn string) {
	for _, a := range objectAccesses(t, bucket, action, arn) {
		t.Note(a)
	}
}

// objectAccesses are a request for objects, and what S3 does with the bucket's key in the caller's name (S3 User Guide,
// "Using server-side encryption with AWS KMS keys": permissions).
func objectAccesses(t *cloud.Tx, bucket *cloud.Resource, action, arn string) []cloud.Access {
	keys := map[string]string{"aws:requestedregion": bucket.Region, "aws:resourceaccount": t.Account()}
	out := []cloud.Access{{Action: action, Resource: arn, Context: keys, For: "state"}}
	use := map[string]string{"s3:GetObject": "kms:Decrypt", "s3:GetObjectVersion": "kms:Decrypt", "s3:PutObject": "kms:GenerateDataKey"}[action]
	if key, err := objectKeyARN(t, bucket); err == nil && key != "" && use != "" {
		out = append(out, cloud.Access{Action: use, Resource: key, Context: keys, For: "state"})
	}
	return out
}

// Decision is what identity policies say of a request.
type Decision string

// The decisions (IAM User Guide, "Policy evaluation logic").
const (
	Allowed          Decision = "allowed"
	ImplicitlyDenied Decision = "denied: nothing allows it"
	ExplicitlyDenied Decision = "denied explicitly"
)

// Decide evaluates policies that are attached to a role on a request of that role's.
func Decide(documents []string, a cloud.Access) (Decision, error) {
	decision := ImplicitlyDenied
	q := iampolicy.Request{Action: a.Action, Resource: a.Resource, Context: a.Context}
	for _, text := range documents {
		statements, err := iampolicy.Parse(text, iampolicy.Identity)
		if err != nil {
			return "", err
		}
		for _, s := range statements {
			switch {
			case !s.Covers(q):
			case s.Deny:
				return ExplicitlyDenied, nil
			default:
				decision = Allowed
			}
		}
	}
	return decision, nil
}
