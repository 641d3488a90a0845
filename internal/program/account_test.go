package program_test

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/deepstreamhub/platform/components/componenttest"
)

// account answers a region's program in AWS's place, as far as the program computes with the answers: ARNs that tell
// where something lies, names, and what a certificate or a secret holds.
func account(region string) *componenttest.Recorder {
	r := componenttest.New()
	text := resource.NewProperty[string]
	arn := func(service, kind string) func(componenttest.Resource) resource.PropertyMap {
		return func(made componenttest.Resource) resource.PropertyMap {
			return resource.PropertyMap{
				"arn":  text("arn:aws:" + service + ":" + region + ":111122223333:" + kind + made.Name),
				"name": text(made.Name),
			}
		}
	}
	more := func(first func(componenttest.Resource) resource.PropertyMap, also func(componenttest.Resource) resource.PropertyMap) func(componenttest.Resource) resource.PropertyMap {
		return func(made componenttest.Resource) resource.PropertyMap {
			out := first(made)
			for k, v := range also(made) {
				out[k] = v
			}
			return out
		}
	}
	named := arn("x", "")
	r.Computed = map[string]func(componenttest.Resource) resource.PropertyMap{
		"aws:ec2/vpc:Vpc": more(arn("ec2", "vpc/"), func(componenttest.Resource) resource.PropertyMap {
			return resource.PropertyMap{
				"defaultNetworkAclId": text("acl-1"), "defaultRouteTableId": text("rtb-1"),
			}
		}),
		"aws:ec2/vpcIpv6CidrBlockAssociation:VpcIpv6CidrBlockAssociation": func(componenttest.Resource) resource.PropertyMap {
			return resource.PropertyMap{"ipv6CidrBlock": text("2600:1f18:1234:5600::/56")}
		},
		"aws:ec2/subnet:Subnet": func(made componenttest.Resource) resource.PropertyMap {
			return resource.PropertyMap{"availabilityZone": text(region + "a")}
		},
		"aws:ec2/securityGroup:SecurityGroup": arn("ec2", "security-group/"),
		"aws:ec2/launchTemplate:LaunchTemplate": func(componenttest.Resource) resource.PropertyMap {
			return resource.PropertyMap{"latestVersion": resource.NewProperty(1.0)}
		},
		"aws:iam/role:Role": func(made componenttest.Resource) resource.PropertyMap {
			return resource.PropertyMap{"arn": text("arn:aws:iam::111122223333:role/" + made.Name), "name": text(made.Name)}
		},
		"aws:iam/instanceProfile:InstanceProfile": named,
		"aws:kms/key:Key": more(arn("kms", "key/"), func(componenttest.Resource) resource.PropertyMap {
			return resource.PropertyMap{"keyId": text("1234abcd-12ab-34cd-56ef-1234567890ab")}
		}),
		"aws:ecs/cluster:Cluster":                   arn("ecs", "cluster/"),
		"aws:ecs/capacityProvider:CapacityProvider": named,
		"aws:ecs/service:Service":                   named,
		"aws:autoscaling/group:Group":               named,
		"aws:cloudwatch/logGroup:LogGroup": more(arn("logs", "log-group:"), func(made componenttest.Resource) resource.PropertyMap {
			return resource.PropertyMap{"name": made.Inputs["name"]}
		}),
		"aws:cloudwatch/metricAlarm:MetricAlarm":              arn("cloudwatch", "alarm:"),
		"aws:cloudwatch/eventRule:EventRule":                  named,
		"aws:sns/topic:Topic":                                 arn("sns", ""),
		"aws:rds/subnetGroup:SubnetGroup":                     named,
		"aws:rds/parameterGroup:ParameterGroup":               named,
		"aws:rds/clusterParameterGroup:ClusterParameterGroup": named,
		"aws:elasticache/subnetGroup:SubnetGroup":             named,
		"aws:elasticache/parameterGroup:ParameterGroup":       named,
		"aws:backup/vault:Vault":                              arn("backup", "backup-vault:"),
		"aws:lb/loadBalancer:LoadBalancer": more(arn("elasticloadbalancing", "loadbalancer/app/"), func(made componenttest.Resource) resource.PropertyMap {
			return resource.PropertyMap{"dnsName": text("x.elb.amazonaws.com"), "zoneId": text("ZLB"), "arnSuffix": text("app/" + made.Name)}
		}),
		"aws:lb/targetGroup:TargetGroup": more(arn("elasticloadbalancing", "targetgroup/"), func(made componenttest.Resource) resource.PropertyMap {
			return resource.PropertyMap{"arnSuffix": text("targetgroup/" + made.Name)}
		}),
		"aws:secretsmanager/secret:Secret":               arn("secretsmanager", "secret:"),
		"aws:secretsmanager/secretVersion:SecretVersion": arn("secretsmanager", "secret:"),
		"aws:elasticache/replicationGroup:ReplicationGroup": func(made componenttest.Resource) resource.PropertyMap {
			return resource.PropertyMap{"replicationGroupId": text(made.Name), "primaryEndpointAddress": text("bus")}
		},
		"aws:rds/cluster:Cluster": more(arn("rds", "cluster:"), func(made componenttest.Resource) resource.PropertyMap {
			return resource.PropertyMap{"clusterIdentifier": text(made.Name), "endpoint": text("db"), "readerEndpoint": text("db-ro")}
		}),
		"aws:rds/clusterInstance:ClusterInstance": func(made componenttest.Resource) resource.PropertyMap {
			return resource.PropertyMap{"identifier": text(made.Name)}
		},
		"aws:s3/bucketV2:BucketV2": func(made componenttest.Resource) resource.PropertyMap {
			return resource.PropertyMap{"bucket": text(made.Name), "arn": text("arn:aws:s3:::" + made.Name)}
		},
		"aws:route53/record:Record": func(made componenttest.Resource) resource.PropertyMap {
			return resource.PropertyMap{"fqdn": made.Inputs["name"]}
		},
		"aws:acm/certificate:Certificate": func(made componenttest.Resource) resource.PropertyMap {
			options := []resource.PropertyValue{challenge(made.Inputs["domainName"])}
			if names := made.Inputs["subjectAlternativeNames"]; names.IsArray() {
				for _, name := range names.ArrayValue() {
					options = append(options, challenge(name))
				}
			}
			return resource.PropertyMap{"domainValidationOptions": resource.NewProperty(options)}
		},
	}
	r.Functions = map[string]func(resource.PropertyMap) (resource.PropertyMap, error){
		"aws:secretsmanager/getRandomPassword:getRandomPassword": func(resource.PropertyMap) (resource.PropertyMap, error) {
			return resource.PropertyMap{"randomPassword": text("Abcdefghijklmnopqrstuvwxyz012345")}, nil
		},
		"aws:secretsmanager/getSecret:getSecret": func(args resource.PropertyMap) (resource.PropertyMap, error) {
			return resource.PropertyMap{
				"arn": text("arn:aws:secretsmanager:" + region + ":111122223333:secret:" + args["name"].StringValue() + "-a1b2c3"), "kmsKeyId": text("alias/secrets"),
				"tags": resource.NewProperty(resource.PropertyMap{"stack": text("test")}),
			}, nil
		},
		"aws:kms/getKey:getKey": func(resource.PropertyMap) (resource.PropertyMap, error) {
			return resource.PropertyMap{
				"arn": text("arn:aws:kms:" + region + ":111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"), "keyManager": text("CUSTOMER"), "enabled": resource.NewProperty(true),
			}, nil
		},
		"aws:route53/getZone:getZone": func(resource.PropertyMap) (resource.PropertyMap, error) {
			return resource.PropertyMap{"zoneId": text("Z1")}, nil
		},
		"aws:index/getCallerIdentity:getCallerIdentity": func(resource.PropertyMap) (resource.PropertyMap, error) {
			return resource.PropertyMap{"accountId": text("111122223333")}, nil
		},
	}
	return r
}

// challenge is what ACM asks of a name.
func challenge(domain resource.PropertyValue) resource.PropertyValue {
	return resource.NewProperty(resource.PropertyMap{
		"domainName":          domain,
		"resourceRecordName":  resource.NewProperty("_a." + domain.StringValue() + "."),
		"resourceRecordType":  resource.NewProperty("CNAME"),
		"resourceRecordValue": resource.NewProperty("_b.acm-validations.aws."),
	})
}
