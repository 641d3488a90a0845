package services

import (
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

// newBlankCloud is an account that holds nothing.
func newBlankCloud(t *testing.T) *edgeCloud {
	t.Helper()
	c, err := cloud.Open(cloud.Options{Account: cloud.BlankAccount()})
	require.NoError(t, err)
	return &edgeCloud{dataCloud: &dataCloud{T: t, Cloud: c}}
}

func (e *edgeCloud) abroad(typ string, inputs cloud.Map) (string, cloud.Map, error) {
	return e.Create(e.Context(), "us-east-1", typ, inputs)
}

func TestBlankAccountHoldsNothing(t *testing.T) {
	t.Parallel()
	e := newBlankCloud(t)
	require.Empty(t, e.List())
	require.NotEmpty(t, cloud.DefaultAccount().ServiceLinkedRoles, "the declared account stays as it is")
	require.Empty(t, cloud.BlankAccount().Regions[home].AccountSettings)
	require.NotEmpty(t, cloud.BlankAccount().Regions[home].Images)
}

func TestIdentityProviderOncePerURL(t *testing.T) {
	t.Parallel()
	e := newBlankCloud(t)
	github := cloud.Map{"url": "https://token.actions.githubusercontent.com", "clientIdLists": cloud.List("sts.amazonaws.com")}
	id, state := e.make(typeOIDC, github)
	require.Equal(t, "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com", id)
	require.Len(t, cloud.Strs(state, "thumbprintLists[]"), 1, "IAM finds it itself")
	e.refused("EntityAlreadyExists", typeOIDC, github)
	found, err := e.Invoke("us-east-1", "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider", cloud.Map{"url": github["url"]})
	require.NoError(t, err)
	require.Equal(t, id, found["arn"])
	_, err = e.Invoke(home, "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider", cloud.Map{"url": "https://example.com"})
	require.ErrorContains(t, err, "not found")
	refusesInputs(t, typeOIDC, github, []badInput{{"url", "http://example.com"}, {"url", "https://example.com?a=b"}, {"clientIdLists", cloud.List("")}, {"thumbprintLists", cloud.List("ab")}})
}

func TestServiceLinkedRole(t *testing.T) {
	t.Parallel()
	e := newBlankCloud(t)
	ecs := cloud.Map{"awsServiceName": "ecs.amazonaws.com"}
	e.refused("InvalidParameterException", typeCluster, cloud.Map{"name": "early"})
	id, state := e.make(typeLinkedRole, ecs)
	require.Equal(t, "arn:aws:iam::111122223333:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS", id)
	require.Equal(t, "AWSServiceRoleForECS", state["name"])
	_, _, err := e.Create(t.Context(), home, typeLinkedRole, ecs)
	require.ErrorContains(t, err, "InvalidInput: Service role name AWSServiceRoleForECS has been taken in this account, please try a different suffix.")
	e.refused("InvalidInput", typeLinkedRole, cloud.Map{"awsServiceName": "nothing.amazonaws.com"})
	found, err := e.Invoke(home, "aws:iam/getRoles:getRoles", cloud.Map{"pathPrefix": "/aws-service-role/"})
	require.NoError(t, err)
	require.Equal(t, []any{id}, found["arns"])
	cluster, _ := e.make(typeCluster, cloud.Map{"name": "late"})
	require.ErrorContains(t, e.gone(typeLinkedRole, id, nil), "deletion task failed")
	require.NoError(t, e.gone(typeCluster, cluster, nil))
	require.NoError(t, e.gone(typeLinkedRole, id, nil))

	declared, err := cloud.Open(cloud.Options{})
	require.NoError(t, err)
	_, _, err = declared.Create(t.Context(), home, typeLinkedRole, ecs)
	require.Equal(t, "InvalidInput", cloud.Code(err), "what was declared is taken, too")
}

// What AWS has one of is put, not created: putting it again takes it over.
func TestSettingsAreTakenOver(t *testing.T) {
	t.Parallel()
	for typ, in := range map[string][2]cloud.Map{
		typePasswordPolicy: {{"minimumPasswordLength": 8.0}, {"minimumPasswordLength": 14.0, "maxPasswordAge": 90.0}},
		typeVolumeDefault:  {{"enabled": false}, {"enabled": true}},
		typeAccountBlock:   {{}, {"blockPublicAcls": true}},
		typeECSDefault:     {{"name": "awsvpcTrunking", "value": "disabled"}, {"name": "awsvpcTrunking", "value": "enabled"}},
		typeReplication: {{}, {"replicationConfiguration": cloud.Map{"rules": cloud.List[any](cloud.Map{
			"destinations": cloud.List[any](cloud.Map{"region": "us-east-1", "registryId": "111122223333"})})}}},
	} {
		e := newBlankCloud(t)
		first, _ := e.make(typ, in[0])
		second, state := e.make(typ, in[1])
		require.Equal(t, first, second)
		for p, v := range in[1] {
			require.Equal(t, v, state[p], typ)
		}
		require.Len(t, e.List(), 1, typ)
	}
}

func TestAccountSettingsRefuse(t *testing.T) {
	t.Parallel()
	refusesInputs(t, typePasswordPolicy, cloud.Map{}, []badInput{{"minimumPasswordLength", 5.0}, {"maxPasswordAge", 1096.0}, {"passwordReusePrevention", 25.0}})
	refusesInputs(t, typeECSDefault, cloud.Map{"name": "containerInsights", "value": "enhanced"}, []badInput{{"name", "nothing"}, {"value", "yes"}})
	refusesInputs(t, typeAnalyzer, cloud.Map{"analyzerName": "a"}, []badInput{{"analyzerName", "1"}, {"type", "ORGANIZATION"}})
	refusesInputs(t, typeDetector, cloud.Map{}, []badInput{{"findingPublishingFrequency", "DAILY"}, {"datasources", cloud.Map{"s3Logs": cloud.Map{"enable": true}}}})
	e := newBlankCloud(t)
	e.refused("AccessDenied", typeAccountBlock, cloud.Map{"accountId": "999988887777"})
	e.refused("ValidationException", typeReplication, cloud.Map{"replicationConfiguration": cloud.Map{"rules": cloud.List[any](cloud.Map{
		"destinations": cloud.List[any](cloud.Map{"region": home, "registryId": "111122223333"})})}})

	e.make(typeAnalyzer, cloud.Map{"analyzerName": "a"})
	e.refused("ConflictException", typeAnalyzer, cloud.Map{"analyzerName": "a"})
	e.refused("ServiceQuotaExceededException", typeAnalyzer, cloud.Map{"analyzerName": "b"})
	_, _, err := e.abroad(typeAnalyzer, cloud.Map{"analyzerName": "a"})
	require.NoError(t, err, "one a region")

	_, err = e.Invoke(home, "aws:guardduty/getDetector:getDetector", nil)
	require.ErrorContains(t, err, "no matching GuardDuty Detector found")
	id, _ := e.make(typeDetector, cloud.Map{})
	_, _, err = e.Create(t.Context(), home, typeDetector, cloud.Map{})
	require.ErrorContains(t, err, "BadRequestException: The request is rejected because a detector already exists for the current account.")
	found, err := e.Invoke(home, "aws:guardduty/getDetector:getDetector", cloud.Map{})
	require.NoError(t, err)
	require.Equal(t, id, found["id"])
}

func TestAccountBlockStopsPublicPolicies(t *testing.T) {
	t.Parallel()
	e := newBlankCloud(t)
	e.make(typeBucket, cloud.Map{"bucket": "open"})
	e.make(typePublicBlock, cloud.Map{"bucket": "open"})
	public := cloud.Map{"bucket": "open", "policy": statementsOf(`{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::open/*"}`)}
	block, _ := e.make(typeAccountBlock, cloud.Map{"blockPublicPolicy": true})
	e.refused("AccessDenied", typeBucketPolicy, public)
	require.NoError(t, e.gone(typeAccountBlock, block, nil))
	e.make(typeBucketPolicy, public)
}

func TestReplicaKey(t *testing.T) {
	t.Parallel()
	e := newBlankCloud(t)
	single, one := e.make(typeKey, cloud.Map{})
	id, key := e.make(typeKey, cloud.Map{"multiRegion": true})
	_, _, err := e.abroad(typeReplicaKey, cloud.Map{"primaryKeyArn": cloud.Str(one, "arn")})
	require.Equal(t, "UnsupportedOperationException", cloud.Code(err), single)
	e.refused("UnsupportedOperationException", typeReplicaKey, cloud.Map{"primaryKeyArn": cloud.Str(key, "arn")})
	e.refused("NotFoundException", typeReplicaKey, cloud.Map{"primaryKeyArn": "arn:aws:kms:us-east-1:111122223333:key/nothing"})
	copied, state, err := e.abroad(typeReplicaKey, cloud.Map{"primaryKeyArn": cloud.Str(key, "arn")})
	require.NoError(t, err)
	require.Equal(t, id, copied, "it is one key")
	require.Equal(t, "arn:aws:kms:us-east-1:111122223333:key/"+id, state["arn"])
	_, _, err = e.abroad(typeReplicaKey, cloud.Map{"primaryKeyArn": cloud.Str(key, "arn")})
	require.Equal(t, "AlreadyExistsException", cloud.Code(err))
	_, _, err = e.abroad(typeAlias, cloud.Map{"name": "alias/a", "targetKeyId": copied})
	require.NoError(t, err, "an alias leads to it")
	require.NoError(t, e.Delete(t.Context(), "us-east-1", typeReplicaKey, copied, nil))
	_, _, err = e.abroad(typeReplicaKey, cloud.Map{"primaryKeyArn": cloud.Str(key, "arn")})
	require.Equal(t, "AlreadyExistsException", cloud.Code(err), "it is pending deletion")
}

func TestImageRepository(t *testing.T) {
	t.Parallel()
	e := newBlankCloud(t)
	e.refused("RepositoryNotFoundException", typeImageRules, cloud.Map{"repository": "deepstream", "policy": imageExpiry})
	id, state := e.make(typeRepository, cloud.Map{"name": "deepstream", "imageTagMutability": "IMMUTABLE"})
	require.Equal(t, "111122223333.dkr.ecr.eu-central-1.amazonaws.com/deepstream", state["repositoryUrl"])
	e.refused("RepositoryAlreadyExistsException", typeRepository, cloud.Map{"name": "deepstream"})
	e.refused("KmsException", typeRepository, cloud.Map{"name": "x1", "encryptionConfigurations": cloud.List[any](cloud.Map{"encryptionType": "KMS", "kmsKey": "alias/none"})})
	e.make(typeImageRules, cloud.Map{"repository": id, "policy": imageExpiry})
	found, err := e.Invoke(home, "aws:ecr/getRepositories:getRepositories", nil)
	require.NoError(t, err)
	require.Equal(t, []any{"deepstream"}, found["names"])
	refusesInputs(t, typeRepository, cloud.Map{"name": "deepstream"}, []badInput{{"name", "Deepstream"}, {"name", "a"}, {"imageTagMutability", "SOMETIMES"}})
	require.True(t, cloud.KindOf(typeRepository).Replaces("encryptionConfigurations[0].kmsKey"))
	for name, rule := range map[string]string{
		"no tags":      `{"rulePriority":1,"selection":{"tagStatus":"tagged","countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}}`,
		"no unit":      `{"rulePriority":1,"selection":{"tagStatus":"any","countType":"sinceImagePushed","countNumber":1},"action":{"type":"expire"}}`,
		"no priority":  `{"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}}`,
		"other action": `{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":1},"action":{"type":"archive"}}`,
		"any first": `{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}},
			{"rulePriority":2,"selection":{"tagStatus":"untagged","countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}}`,
		"unknown key": `{"priority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}}`,
	} {
		require.NotEmpty(t, problems(typeImageRules, cloud.Map{"repository": id, "policy": `{"rules":[` + rule + `]}`}), name)
	}
}

const imageExpiry = `{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":9},"action":{"type":"expire"}}]}`

func TestBucketReplication(t *testing.T) {
	t.Parallel()
	e := newBlankCloud(t)
	e.make(typeBucket, cloud.Map{"bucket": "from"})
	_, _, err := e.abroad(typeBucket, cloud.Map{"bucket": "onto"})
	require.NoError(t, err)
	rule := cloud.Map{"status": "Enabled", "priority": 0.0, "filter": cloud.Map{"prefix": ""}, "deleteMarkerReplication": cloud.Map{"status": "Enabled"}, "destination": cloud.Map{"bucket": "arn:aws:s3:::onto"}}
	inputs := func(changes cloud.Map) cloud.Map {
		return cloud.Map{"bucket": "from", "role": "arn:aws:iam::111122223333:role/copies", "rules": cloud.List[any](with(rule, changes))}
	}
	versions := func(bucket string) cloud.Map {
		return cloud.Map{"bucket": bucket, "versioningConfiguration": cloud.Map{"status": "Enabled"}}
	}
	e.refused("InvalidRequest", typeBucketReplication, inputs(nil)) // the source keeps no versions
	e.make(typeVersioning, versions("from"))
	e.refused("InvalidRequest", typeBucketReplication, inputs(nil)) // nor does the destination
	_, _, err = e.abroad(typeVersioning, versions("onto"))
	require.NoError(t, err)
	for _, changes := range []cloud.Map{
		{"priority": nil},
		{"destination": cloud.Map{"bucket": "arn:aws:s3:::nothing"}},
		{"sourceSelectionCriteria": cloud.Map{"sseKmsEncryptedObjects": cloud.Map{"status": "Enabled"}}},
	} {
		e.refused("InvalidRequest", typeBucketReplication, inputs(changes))
	}
	e.make(typeBucketReplication, inputs(nil))
}

func TestTrail(t *testing.T) {
	t.Parallel()
	e := newBlankCloud(t)
	e.refused("S3BucketDoesNotExistException", typeTrail, cloud.Map{"name": "all", "s3BucketName": "logs"})
	e.make(typeBucket, cloud.Map{"bucket": "logs"})
	e.refused("InsufficientS3BucketPolicyException", typeTrail, cloud.Map{"name": "all", "s3BucketName": "logs"})
	const by = `"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"}`
	e.make(typeBucketPolicy, cloud.Map{"bucket": "logs", "policy": statementsOf(
		`{"Sid":"a",`+by+`,"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::logs"}`,
		`{"Sid":"b",`+by+`,"Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/AWSLogs/111122223333/*","Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}}}`,
	)})
	_, key := e.make(typeKey, cloud.Map{})
	e.refused("InsufficientEncryptionPolicyException", typeTrail, cloud.Map{"name": "all", "s3BucketName": "logs", "kmsKeyId": cloud.Str(key, "arn")})
	e.refused("InvalidParameterCombinationException", typeTrail, cloud.Map{"name": "all", "s3BucketName": "logs", "isMultiRegionTrail": true, "includeGlobalServiceEvents": false})
	id, _ := e.make(typeTrail, cloud.Map{"name": "all", "s3BucketName": "logs"})
	require.Equal(t, "arn:aws:cloudtrail:eu-central-1:111122223333:trail/all", id)
	e.refused("TrailAlreadyExistsException", typeTrail, cloud.Map{"name": "all", "s3BucketName": "logs"})
	require.Equal(t, "BucketNotEmpty", cloud.Code(e.gone(typeBucket, "logs", nil)), "CloudTrail wrote into it")
}

func TestBudget(t *testing.T) {
	t.Parallel()
	e := newBlankCloud(t)
	note := cloud.Map{"comparisonOperator": "GREATER_THAN", "notificationType": "ACTUAL", "threshold": 80.0, "thresholdType": "PERCENTAGE", "subscriberEmailAddresses": cloud.List("a@example.com")}
	good := cloud.Map{"name": "month", "budgetType": "COST", "timeUnit": "MONTHLY", "limitAmount": "10", "limitUnit": "USD", "notifications": cloud.List[any](note)}
	id, _ := e.make(typeBudget, good)
	require.Equal(t, "111122223333:month", id)
	e.refused("DuplicateRecordException", typeBudget, good)
	refusesInputs(t, typeBudget, good, []badInput{
		{"budgetType", "MONEY"}, {"timeUnit", "HOURLY"}, {"limitAmount", "ten"}, {"limitAmount", "-1"},
		{"notifications", cloud.List[any](with(note, cloud.Map{"subscriberEmailAddresses": cloud.List[any]()}))}, {"notifications", cloud.List[any](note, note, note, note, note, note)},
	})
}

func TestSessionDocument(t *testing.T) {
	t.Parallel()
	e := newBlankCloud(t)
	content := `{"schemaVersion":"1.0","description":"","sessionType":"Standard_Stream","inputs":{"idleSessionTimeout":"20"}}`
	good := cloud.Map{"name": "SSM-SessionManagerRunShell", "documentType": "Session", "content": content}
	_, err := e.Invoke(home, "aws:ssm/getDocument:getDocument", cloud.Map{"name": good["name"]})
	require.ErrorContains(t, err, "InvalidDocument:")
	id, _ := e.make(typeDocument, good)
	e.refused("DocumentAlreadyExists", typeDocument, good)
	e.refused("ValidationException", typeDocument, with(good, cloud.Map{"name": "AWS-Mine"}))
	state, err := e.change(typeDocument, id, with(good, cloud.Map{"content": `{"schemaVersion":"1.0","description":"x","sessionType":"Standard_Stream"}`}))
	require.NoError(t, err)
	require.Equal(t, "2", state["latestVersion"])
	refusesInputs(t, typeDocument, good, []badInput{
		{"content", `{"schemaVersion":"2.2","sessionType":"Standard_Stream"}`}, {"content", `{"schemaVersion":"1.0","sessionType":"Other"}`},
		{"content", `{"schemaVersion":"1.0","sessionType":"Standard_Stream","inputs":{"idleSessionTimeout":"61"}}`},
		{"content", `{"schemaVersion":"1.0","sessionType":"Standard_Stream","inputs":{"idleTimeout":"20"}}`}, {"documentType", "Command"},
	})
}
