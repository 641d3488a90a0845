package program

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/acm"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// names makes or finds the hosted zone, and makes what several regions would otherwise all make in it.
func (a *account) names() error {
	n := a.cfg.Names
	if n.Zone == "" {
		return nil
	}
	parent, err := a.part("Names")
	if err != nil {
		return err
	}
	if *n.MakeZone {
		zone, err := route53.NewZone(a.ctx, "zone", &route53.ZoneArgs{
			Name: pulumi.String(n.Zone), Comment: pulumi.String("names of the platform's regions"),
		}, a.in(a.cfg.Region, parent, append(a.adopted("zone"), a.protected())...)...)
		if err != nil {
			return err
		}
		a.zoneID = zone.ZoneId
		a.ctx.Export("nameServers", zone.NameServers) // what the registrar has to be told
	} else {
		private := false
		zone, err := route53.LookupZone(a.ctx, &route53.LookupZoneArgs{Name: &n.Zone, PrivateZone: &private}, pulumi.Provider(a.home()))
		if err != nil {
			return fmt.Errorf("look up hosted zone %s: %w", n.Zone, err)
		}
		a.zoneID = pulumi.String(zone.ZoneId)
	}
	for _, name := range n.Shared {
		if err := a.sharedName(name, parent); err != nil {
			return err
		}
	}
	return nil
}

// sharedName makes the record by which ACM sees that a name is ours. It is the same for everyone in the account who asks
// for a certificate for the name, in whatever region, so no region can own it: the first to go would take it from the
// others. The certificate is only asked for to learn the record.
func (a *account) sharedName(name string, parent pulumi.ResourceOption) error {
	opts := a.in(a.cfg.Region, parent)
	certificate, err := acm.NewCertificate(a.ctx, "shared-"+name, &acm.CertificateArgs{
		DomainName: pulumi.String(name), ValidationMethod: pulumi.String("DNS"),
	}, opts...)
	if err != nil {
		return err
	}
	challenge := certificate.DomainValidationOptions.Index(pulumi.Int(0))
	field := func(pick func(acm.CertificateDomainValidationOption) *string) pulumi.StringOutput {
		return challenge.ApplyT(func(o acm.CertificateDomainValidationOption) (string, error) {
			if v := pick(o); v != nil {
				return *v, nil
			}
			return "", fmt.Errorf("validate certificate for %s: ACM named no record yet", name)
		}).(pulumi.StringOutput)
	}
	_, err = route53.NewRecord(a.ctx, "shared-"+name+"-validation", &route53.RecordArgs{
		ZoneId:  a.zoneID,
		Name:    field(func(o acm.CertificateDomainValidationOption) *string { return o.ResourceRecordName }),
		Type:    field(func(o acm.CertificateDomainValidationOption) *string { return o.ResourceRecordType }),
		Records: pulumi.StringArray{field(func(o acm.CertificateDomainValidationOption) *string { return o.ResourceRecordValue })},
		Ttl:     pulumi.Int(60),
		// A region that was there before this may have written the same.
		AllowOverwrite: pulumi.Bool(true),
	}, opts...)
	return err
}
