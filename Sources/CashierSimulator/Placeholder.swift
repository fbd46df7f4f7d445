enum CashierSimulatorPlaceholder {}
