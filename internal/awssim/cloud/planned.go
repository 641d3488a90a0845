package cloud

// Planned returns the state that a creation would leave as far as it is known beforehand: the inputs and the
// provider's defaults. All else is AWS's to compute.
func (k *Kind) Planned(inputs Map) Map { return withDefaults(k, inputs) }

// PlannedUpdate returns the state that an update would leave as far as it is known beforehand: new inputs over the
// old state, with what the update may change made unknown.
func (k *Kind) PlannedUpdate(oldInputs, oldState, inputs Map) Map {
	state := merge(k, &Resource{Inputs: oldInputs, State: oldState}, inputs)
	for _, p := range k.Recomputed {
		state[p] = Unknown
	}
	return state
}
