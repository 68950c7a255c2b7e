config = {
    'runner': 'SupervisedTrainer',
    'work_dir': './logs/exp/ablation_1',
    'epochs': 4,
}
