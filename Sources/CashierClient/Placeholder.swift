enum CashierClientPlaceholder {}
