enum KafkaTransportPlaceholder {}
