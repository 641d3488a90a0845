package bus

import "github.com/deepstreamhub/platform/components/internal/blocks"

// access lets clients reach the bus.
func (b *builder) access() error {
	door, err := blocks.NewClientAccess(b.ctx, blocks.ClientAccessArgs{
		Name: b.name, VpcID: b.args.VpcID, Port: port, Server: "Valkey bus", Protocol: "Valkey",
	}, b.child)
	if err != nil {
		return err
	}
	b.group = door.Server
	b.bus.ClientSecurityGroupID = door.Client.ID().ToStringOutput()
	b.bus.Ready = append(b.bus.Ready, door.Rules...)
	return nil
}
