enum UsherTestKitPlaceholder {}
